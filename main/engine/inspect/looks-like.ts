import type { DataTask } from '../../../shared/domain/data-facts.ts'
import type { ColumnRole } from '../../../shared/domain/run-config.ts'
import type { JsonObject } from '../formats/json-file.ts'

type Columns = Readonly<Partial<Record<ColumnRole, string>>>

const LABELS = ['label', 'labels', 'score'] as const
const PAIRS = [
  ['text', 'text_pair'],
  ['text_a', 'text_b'],
  ['sentence1', 'sentence2'],
] as const
const TAGS = ['tags', 'ner_tags', 'labels'] as const

const isNumber = (value: unknown): boolean => typeof value === 'number' || /^-?\d*\.\d+$/.test(String(value))

function problemOf(label: unknown, name: string): DataTask['problemType'] {
  if (Array.isArray(label)) return 'multi_label_classification'
  const graded = name === 'score' || (isNumber(label) && !Number.isInteger(Number(label)))
  return graded && isNumber(label) ? 'regression' : 'single_label_classification'
}

/** What a row is for, by the names of its columns and the kind of its label; null where it has none of the known ones. */
export function looksLike(row: JsonObject, columns: Columns): DataTask | null {
  const renamed = Object.entries(columns).map(([role, column]) => [role, row[column]] as const)
  const fields: JsonObject = { ...row, ...Object.fromEntries(renamed) }
  const has = (name: string) => fields[name] !== undefined && fields[name] !== null
  const task = (
    taskType: DataTask['taskType'],
    problemType: DataTask['problemType'] = 'single_label_classification',
  ) => ({
    taskType,
    problemType,
  })
  if (Array.isArray(fields.tokens) && TAGS.some((name) => Array.isArray(fields[name]))) return task('TOKEN_CLS')
  const isPair = PAIRS.some(([first, second]) => has(first) && has(second))
  const label = LABELS.find(has)
  if (label !== undefined && (isPair || has('text') || has('sentence')))
    return task('SEQ_CLS', problemOf(fields[label], label))
  if (isPair) return task('FEATURE_EXTRACTION')
  const texts = ['instruction', 'prompt', 'messages', 'conversations', 'text'] as const
  return texts.some(has) ? task('CAUSAL_LM') : null
}
