import { createHash, type Hash } from 'node:crypto'
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { onFile } from './file-fault.ts'

const chunkBytes = 1 << 22
const wholeBytes = 1 << 30
const samples = 64

/** SHA-256 (hex) of the contents of files, each preceded by its size; the names do not count. */
export function hashFiles(paths: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of paths) addFile(hash, path, Number.POSITIVE_INFINITY)
  return hash.digest('hex')
}

/**
 * SHA-256 (hex) of named files of a folder, those that exist. A file over 1 GiB counts by its size, its first 4 MiB (a
 * safetensors header among them), its last and 62 evenly spaced chunks between.
 */
export function hashFolder(folder: string, names: readonly string[]): string {
  const hash = createHash('sha256')
  for (const name of names) {
    if (existsSync(join(folder, name))) addFile(hash.update(`${name}\n`), join(folder, name), wholeBytes)
  }
  return hash.digest('hex')
}

function addFile(hash: Hash, path: string, wholeUpTo: number): void {
  const fd = onFile(path, () => openSync(path, 'r'))
  try {
    const { size } = fstatSync(fd)
    hash.update(`${size}\n`)
    const whole = size <= wholeUpTo
    const count = whole ? Math.ceil(size / chunkBytes) : samples
    const spacing = whole ? chunkBytes : Math.floor((size - chunkBytes) / (samples - 1))
    const chunk = new Uint8Array(Math.min(chunkBytes, size))
    for (let i = 0; i < count; i++) {
      const got = onFile(path, () => readSync(fd, chunk, 0, chunk.length, i * spacing))
      hash.update(chunk.subarray(0, got))
    }
  } finally {
    closeSync(fd)
  }
}
