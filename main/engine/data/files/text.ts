import type { DataReader, RawRow } from './data-file.ts'
import { textLines } from './lines.ts'

/** Plain text: one document a paragraph, that is, up to a blank line. */
export const text: DataReader = (path) => ({
  place: 'line',
  hint: 'Paragraphs are separated by blank lines.',
  rows: function* (): Generator<RawRow> {
    let open: { at: number; lines: string[] } | null = null
    for (const { line, text: words } of textLines(path)) {
      if (words.trim() !== '') {
        open ??= { at: line, lines: [] }
        open.lines.push(words)
      } else if (open) {
        yield document(open)
        open = null
      }
    }
    if (open) yield document(open)
  },
})

const document = ({ at, lines }: { at: number; lines: readonly string[] }): RawRow => ({
  at,
  value: { text: lines.join('\n') },
})
