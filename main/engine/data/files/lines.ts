import { fault } from '../../../../shared/domain/error.ts'
import { joined, readChunks } from './chunks.ts'
import { decodeUtf8, MAX_ROW_BYTES } from './data-file.ts'

/** A line without its line end; `bytes` is null when it is longer than allowed. */
export type Line = { readonly number: number; readonly bytes: Uint8Array | null }

const lineFeed = 10

/** The lines of a file, read piece by piece; numbers start at 1. A line is a view that is valid until the next one. */
export function* readLines(path: string, maxBytes: number): Generator<Line> {
  let number = 1
  let rest = new Uint8Array(0)
  let tooLong = false
  for (const chunk of readChunks(path)) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      const bytes = joined(rest, chunk.subarray(start, end))
      yield { number: number++, bytes: tooLong || bytes.length > maxBytes ? null : bytes }
      rest = new Uint8Array(0)
      tooLong = false
      start = end + 1
    }
    rest = joined(rest, chunk.subarray(start))
    if (rest.length > maxBytes) {
      tooLong = true
      rest = new Uint8Array(0)
    }
  }
  if (rest.length > 0 || tooLong) yield { number, bytes: tooLong ? null : rest }
}

/** Decoded lines without line ends and byte-order mark. */
export function* textLines(path: string): Generator<{ readonly line: number; readonly text: string }> {
  for (const { number: line, bytes } of readLines(path, MAX_ROW_BYTES)) {
    if (!bytes) {
      throw fault('bad-data', `${path}: line ${line} is longer than ${MAX_ROW_BYTES} bytes.`, {
        hint: 'Is this a text file with one row a line?',
      })
    }
    const text = decodeUtf8(bytes)
    if (text === null) {
      throw fault('bad-data', `${path}: line ${line} is not UTF-8 text.`, { hint: 'Save the file as UTF-8.' })
    }
    const marked = line === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text
    yield { line, text: marked.endsWith('\r') ? marked.slice(0, -1) : marked }
  }
}
