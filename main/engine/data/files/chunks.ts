import { closeSync, openSync, readSync } from 'node:fs'
import { onFile } from '../../formats/file-fault.ts'

/** Read into and copied from at once, so that a small file costs no more room than it has bytes. */
const scratch = new Uint8Array(1 << 20)

/** A file's bytes, piece by piece; each piece is an array of its own. */
export function* readChunks(path: string): Generator<Uint8Array<ArrayBuffer>> {
  const fd = onFile(path, () => openSync(path, 'r'))
  try {
    for (;;) {
      const got = onFile(path, () => readSync(fd, scratch, 0, scratch.length, null))
      if (got === 0) return
      yield scratch.slice(0, got)
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
