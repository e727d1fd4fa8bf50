import { type DataReader, jsonRow, type RawRow } from './data-file.ts'
import { textLines } from './lines.ts'

/** JSON Lines: one object a line, blank lines left out. */
export const jsonLines: DataReader = (path) => ({
  place: 'line',
  hint: 'Each line must be one JSON object, all with the same fields.',
  rows: function* (): Generator<RawRow> {
    for (const { line, text } of textLines(path)) if (text.trim() !== '') yield jsonRow(line, text)
  },
})
