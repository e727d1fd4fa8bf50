import { createHash } from 'node:crypto'
import type { LintFinding } from '../../../shared/domain/data-facts.ts'
import type { LabelledRow } from '../data/labelled-rows.ts'
import type { Row as TextRow } from '../data/read-rows.ts'

type Row = TextRow | LabelledRow

const SHOWN_LINES = 20

/** A finding with the first line numbers; null where nothing was found. */
export const finding = (kind: LintFinding['kind'], lines: readonly number[]): LintFinding[] =>
  lines.length === 0 ? [] : [{ kind, rows: lines.length, lines: lines.slice(0, SHOWN_LINES) }]

/** Equal rows have equal keys, whatever line they stand on; a digest, so that a large file fits the memory. */
const rowKey = ({ line: _, ...fields }: Row): string =>
  createHash('sha1').update(JSON.stringify(fields).trim()).digest('base64')

/** The part of a row that is learnt is its last field, of a conversation its answers; a text to embed has none. */
function answerOf({ line: _, kind: __, ...fields }: Row): string {
  if (!('messages' in fields)) return String(Object.values(fields).at(-1) ?? '-')
  return fields.messages.map(({ learnt, content }) => (learnt ? content : '')).join('')
}

/** Rows that stand in the file twice, that have nothing to learn, or that the validation file holds too. */
export function lintRows(rows: readonly Row[], validation: readonly Row[] | null): LintFinding[] {
  const seen = new Set<string>()
  const held = new Set((validation ?? []).map(rowKey))
  const [duplicates, overlap]: [number[], number[]] = [[], []]
  for (const row of rows) {
    const key = rowKey(row)
    if (seen.has(key)) duplicates.push(row.line)
    seen.add(key)
    if (held.has(key)) overlap.push(row.line)
  }
  const empty = rows.filter((row) => answerOf(row).trim() === '').map(({ line }) => line)
  return [...finding('duplicate', duplicates), ...finding('empty-output', empty), ...finding('overlap', overlap)]
}
