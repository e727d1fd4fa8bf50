import type { DataFacts } from '../../../shared/domain/data-facts.ts'
import type { LabelledRow } from '../data/labelled-rows.ts'
import type { Row } from '../data/read-rows.ts'

const SHOWN_LABELS = 30

/** A row of any task. */
export type AnyRow = Row | LabelledRow

export const areTexts = (rows: readonly AnyRow[]): rows is readonly Row[] =>
  rows.every(({ kind }) => kind !== 'sequence' && kind !== 'tokens')

function labelsOf(row: AnyRow): readonly string[] {
  if (row.kind === 'tokens') return row.tags
  return row.kind === 'sequence' && Array.isArray(row.label) ? row.label : []
}

/** How often each label occurs. */
export function labelFacts(rows: readonly AnyRow[]): Pick<DataFacts, 'labels' | 'labelKinds'> {
  const counts = new Map<string, number>()
  for (const row of rows) for (const label of labelsOf(row)) counts.set(label, (counts.get(label) ?? 0) + 1)
  const labels = [...counts].map(([label, count]) => ({ label, count })).sort((a, b) => b.count - a.count)
  return { labels: labels.slice(0, SHOWN_LABELS), labelKinds: labels.length }
}

const TEXT_FORMATS = {
  instruction: 'Instruction, input and output (Alpaca)',
  pair: 'Prompt and completion',
  chat: 'Conversations',
  text: 'Plain text',
} as const satisfies Record<Row['kind'], string>

/** How the rows were understood, in words. */
export function formatOf(rows: readonly AnyRow[]): string {
  const [row] = rows
  if (row === undefined) return ''
  if (row.kind === 'tokens') return 'Words with a tag each'
  if (row.kind !== 'sequence') return TEXT_FORMATS[row.kind]
  const texts = row.pair === null ? 'Texts' : 'Pairs of texts'
  if (row.label === null) return texts
  if (typeof row.label === 'number') return `${texts} with a number (regression)`
  const several = rows.some(
    (other) => other.kind === 'sequence' && Array.isArray(other.label) && other.label.length !== 1,
  )
  return `${texts} with ${several ? 'several labels' : 'a label'} (classification)`
}
