import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { shown } from '../../../shared/domain/shown.ts'
import type { JsonObject } from '../formats/json-file.ts'
import { type Columns, type FieldReader, type RowRule, readJsonLines } from './read-rows.ts'

/** A row of a task other than continuing text; `line` counts from 1. */
export type LabelledRow = { readonly line: number } & (
  | {
      readonly kind: 'sequence'
      readonly text: string
      readonly pair: string | null
      /** Names of classes, or the number of a regression; null for texts to embed. */
      readonly label: readonly string[] | number | null
    }
  | { readonly kind: 'tokens'; readonly tokens: readonly string[]; readonly tags: readonly string[] }
)

type Task = Pick<RunConfig, 'task_type' | 'problem_type'>

/** Names that data sets use for a first text and its partner. */
const TEXTS: readonly (readonly [text: string, pair: string | null])[] = [
  ['text', 'text_pair'],
  ['text_a', 'text_b'],
  ['sentence1', 'sentence2'],
  ['text', null],
  ['sentence', null],
]
const LABELS = ['label', 'labels', 'score'] as const
const MAX_LABELS = 10_000

/** Reads the JSON Lines file of a classification, regression or embedding task; faults name line, got and wanted. */
export function readLabelledRows(path: string, columns: Columns, task: Task): LabelledRow[] {
  const rows = readJsonLines(path, columns, task.task_type === 'TOKEN_CLS' ? TOKEN_ROWS : sequenceRows(task))
  if (rows.length > 0) return rows
  throw fault('bad-data', `${path}: the data set is empty.`, { hint: 'Give a file with at least one row.' })
}

function sequenceRows(task: Task): RowRule<LabelledRow> {
  const embeds = task.task_type === 'FEATURE_EXTRACTION'
  const pairs = '"text_a" and "text_b" (or "sentence1" and "sentence2")'
  return {
    wanted: embeds
      ? `wanted ${pairs}, or "text" and "label"`
      : `wanted "text" (or ${pairs}) and "label"; or "instruction" and "output"`,
    fieldsOf: () => 'labelled texts',
    parse: (value, line, fields) => {
      const texts = textsOf(value, fields)
      if (texts === null) return null
      const label = embeds ? embeddingLabel(value, task, texts, fields) : labelOf(value, task, fields)
      if (label === undefined) return null
      const pair = embeds && texts.pair === null ? nameOf(rawLabel(value) ?? value.output) : texts.pair
      return { kind: 'sequence', line, text: texts.text, pair, label }
    },
  }
}

type Texts = { readonly text: string; readonly pair: string | null }

function textsOf(value: JsonObject, { text }: FieldReader): Texts | null {
  const named = TEXTS.find(([first, second]) => first in value && (second === null || second in value))
  if (named) return { text: text(named[0]), pair: named[1] === null ? null : text(named[1]) }
  if (!('instruction' in value && 'output' in value)) return null
  // The question is the same in every row of a classification: what differs is the input, if there is one.
  const hasInput = typeof value.input === 'string' && value.input !== ''
  return { text: text(hasInput ? 'input' : 'instruction'), pair: null }
}

const rawLabel = (value: JsonObject): unknown => value[LABELS.find((name) => name in value) ?? 'output']

function embeddingLabel(value: JsonObject, task: Task, texts: Texts, fields: FieldReader) {
  if (task.problem_type === 'regression') return texts.pair === null ? undefined : labelOf(value, task, fields)
  return texts.pair === null && rawLabel(value) === undefined ? undefined : null
}

/** The label, or undefined where the row has none; a label of the wrong kind is a complaint. */
function labelOf(value: JsonObject, { problem_type }: Task, { complaints }: FieldReader) {
  const label = rawLabel(value)
  if (label === undefined) return undefined
  const complain = (wanted: string) => {
    complaints.push(`the label is ${shown(label, 60)}, wanted ${wanted}`)
    return null
  }
  if (problem_type === 'regression') {
    return typeof label === 'number' && Number.isFinite(label) ? label : complain('a number (problem_type regression)')
  }
  if (problem_type === 'multi_label_classification') {
    const fits = Array.isArray(label) && label.length <= MAX_LABELS && label.every(isName)
    return fits ? label.map(nameOf) : complain('a list of names (problem_type multi_label_classification)')
  }
  return isName(label) ? [nameOf(label)] : complain('one name or number')
}

const isName = (value: unknown): boolean =>
  (typeof value === 'string' && value.trim() !== '') || typeof value === 'boolean' || Number.isSafeInteger(value)
const nameOf = (value: unknown): string => String(value).trim()

const TOKEN_ROWS: RowRule<LabelledRow> = {
  wanted: 'wanted "tokens" (a list of words) and "tags" (a list as long)',
  fieldsOf: () => '"tokens" and "tags"',
  parse: (value, line, { complaints }) => {
    const tags = value.tags ?? value.ner_tags ?? value.labels
    const { tokens } = value
    if (!Array.isArray(tokens) || !Array.isArray(tags)) return null
    if (!tokens.every((token) => typeof token === 'string') || !tags.every(isName)) {
      complaints.push('"tokens" must be texts and "tags" names or numbers')
    } else if (tokens.length !== tags.length || tokens.length === 0) {
      complaints.push(`it has ${tokens.length} tokens and ${tags.length} tags, wanted as many of both`)
    }
    return { kind: 'tokens', line, tokens: tokens.map(String), tags: tags.map(nameOf) }
  },
}
