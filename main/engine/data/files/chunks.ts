import { closeSync, openSync, readSync } from 'node:fs'
import { onFile } from '../../formats/file-fault.ts'

const CHUNK_BYTES = 1 << 20

/** A file's bytes, piece by piece; each piece is an array of its own. */
export function* readChunks(path: string): Generator<Uint8Array<ArrayBuffer>> {
  const fd = onFile(path, () => openSync(path, 'r'))
  try {
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES)
      const got = onFile(path, () => readSync(fd, chunk, 0, CHUNK_BYTES, null))
      if (got === 0) return
      yield chunk.subarray(0, got)
    }
  } finally {
    closeSync(fd)
  }
}

export function joined(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
