import { readChunks } from './chunks.ts'
import type { DataReader } from './data-file.ts'
import { jsonArray } from './json-array.ts'
import { jsonLines } from './json-lines.ts'

/** JSON in either form, whatever the ending says: what begins with a bracket is one array, all else an object a line. */
export const json: DataReader = (path) => (startsWithBracket(path) ? jsonArray(path) : jsonLines(path))

function startsWithBracket(path: string): boolean {
  for (const chunk of readChunks(path)) {
    const text = new TextDecoder().decode(chunk).trimStart()
    if (text !== '') return text.startsWith('[')
  }
  return false
}
