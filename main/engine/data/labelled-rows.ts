import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { shown } from '../../../shared/domain/shown.ts'
import type { JsonObject } from '../formats/json-file.ts'
import type { FieldReader } from './field-reader.ts'
import { type Columns, type RowRule, readByRule } from './read-rows.ts'

/** A row of a task other than continuing text; `line` counts lines or rows from 1. */
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

/** Reads the data file of a classification, regression or embedding task; faults name the row, got and wanted. */
export const readLabelledRows = (path: string, columns: Columns, task: Task): Promise<LabelledRow[]> =>
  readByRule(path, columns, task.task_type === 'TOKEN_CLS' ? TOKEN_ROWS : sequenceRows(task))

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

const labelColumn = (value: JsonObject): string => LABELS.find((name) => name in value) ?? 'output'
const rawLabel = (value: JsonObject): unknown => value[labelColumn(value)]

function embeddingLabel(value: JsonObject, task: Task, texts: Texts, fields: FieldReader) {
  if (task.problem_type === 'regression') return texts.pair === null ? undefined : labelOf(value, task, fields)
  return texts.pair === null && rawLabel(value) === undefined ? undefined : null
}

/** The label, or undefined where the row has none; a label of the wrong kind is a complaint. */
function labelOf(value: JsonObject, { problem_type }: Task, fields: FieldReader) {
  const label = rawLabel(value)
  if (label === undefined) return undefined
  const complain = (wanted: string) => {
    fields.complain(`the label is ${shown(label, 60)}, wanted ${wanted}`)
    return null
  }
  if (problem_type === 'regression') return fields.number(label) ?? complain('a number (problem_type regression)')
  if (problem_type === 'multi_label_classification') {
    const name = labelColumn(value)
    const names = fields.isList(name) ? fields.list(name) : []
    const fits = fields.isList(name) && names.length <= MAX_LABELS && names.every(isName)
    return fits ? names.map(nameOf) : complain('a list of names (problem_type multi_label_classification)')
  }
  return isName(label) ? [nameOf(label)] : complain('one name or number')
}

const isName = (value: unknown): boolean =>
  (typeof value === 'string' && value.trim() !== '') || typeof value === 'boolean' || Number.isSafeInteger(value)
const nameOf = (value: unknown): string => String(value).trim()

const TAGS = ['tags', 'ner_tags', 'labels'] as const

const TOKEN_ROWS: RowRule<LabelledRow> = {
  wanted: 'wanted "tokens" (a list of words) and "tags" (a list as long)',
  fieldsOf: () => '"tokens" and "tags"',
  parse: (_, line, fields) => {
    const column = TAGS.find((name) => fields.isList(name))
    if (!fields.isList('tokens') || column === undefined) return null
    const [tokens, tags] = [fields.list('tokens'), fields.list(column)]
    if (!tokens.every((token) => typeof token === 'string') || !tags.every(isName)) {
      fields.complain('"tokens" must be texts and "tags" names or numbers')
    } else if (tokens.length !== tags.length || tokens.length === 0) {
      fields.complain(`it has ${tokens.length} tokens and ${tags.length} tags, wanted as many of both`)
    }
    return { kind: 'tokens', line, tokens: tokens.map(String), tags: tags.map(nameOf) }
  },
}
