import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { onFile } from '../formats/file-fault.ts'

/** A line without its line end; `bytes` is null when it is longer than allowed. */
export type Line = { readonly number: number; readonly bytes: Uint8Array | null }

const chunkBytes = 1 << 20
const lineFeed = 10

/** The lines of a file, read piece by piece; numbers start at 1. A line is a view that is valid until the next one. */
export function* readLines(path: string, maxBytes: number): Generator<Line> {
  const fd = onFile(path, () => openSync(path, 'r'))
  try {
    // A byte more than a small file has, so that its end is seen by the first read.
    const size = Math.min(chunkBytes, fstatSync(fd).size + 1)
    let number = 1
    let rest = new Uint8Array(0)
    let tooLong = false
    for (;;) {
      const chunk = new Uint8Array(size)
      const got = onFile(path, () => readSync(fd, chunk, 0, size, null))
      if (got === 0) break
      let start = 0
      for (let end = chunk.indexOf(lineFeed); end !== -1 && end < got; end = chunk.indexOf(lineFeed, start)) {
        const bytes = joined(rest, chunk.subarray(start, end))
        yield { number: number++, bytes: tooLong || bytes.length > maxBytes ? null : bytes }
        rest = new Uint8Array(0)
        tooLong = false
        start = end + 1
      }
      rest = joined(rest, chunk.subarray(start, got))
      if (rest.length > maxBytes) {
        tooLong = true
        rest = new Uint8Array(0)
      }
    }
    if (rest.length > 0 || tooLong) yield { number, bytes: tooLong ? null : rest }
  } finally {
    closeSync(fd)
  }
}

function joined(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
