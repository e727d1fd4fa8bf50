import type { z } from 'zod'
import { type RunConfig, runConfigSchema } from '../../../shared/domain/run-config.ts'
import { FIELD_NAMES, FIELDS, type FieldName, fieldsIn } from './fields/index.ts'

export type DraftValue = string | boolean | readonly string[]
/** What stands in the form: numbers as typed, so that `2e-` on the way to `2e-4` is no error yet. */
export type Draft = Readonly<Record<FieldName, DraftValue>>
export type FieldErrors = Readonly<Partial<Record<FieldName, string>>>

export type Check =
  | { readonly ok: true; readonly config: RunConfig }
  | { readonly ok: false; readonly errors: FieldErrors }

const DEFAULTS: RunConfig = runConfigSchema.parse({ model_name_or_path: '-', train_file: '-' })

const isList = (name: FieldName): boolean =>
  ['modules', 'names', 'optional-names', 'optional-numbers'].includes(FIELDS[name].kind)

/** `{ q_proj: 8 }` as `q_proj: 8`. */
export const pairsText = (pairs: Readonly<Record<string, unknown>>): string =>
  Object.entries(pairs)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')

function toDraftValue(name: FieldName, value: RunConfig[FieldName]): DraftValue {
  if (value === null) return isList(name) ? [] : ''
  if (Array.isArray(value)) return value.map(String)
  if (name === 'columns') return JSON.stringify(value)
  if (typeof value === 'object') return pairsText(value as Readonly<Record<string, unknown>>)
  // Of the switches only those drawn as one are flags; `true` among choices is a word.
  return typeof value === 'number' || FIELDS[name].kind === 'choice' ? String(value) : value
}

/** The form's values for a configuration. */
export const draftOf = (config: RunConfig): Draft =>
  Object.fromEntries(FIELD_NAMES.map((name) => [name, toDraftValue(name, config[name])])) as Draft

/** Single settings as the form holds them. */
export const valuesOf = (values: Readonly<Partial<RunConfig>>): (readonly [FieldName, DraftValue])[] =>
  FIELD_NAMES.flatMap((name) => {
    const value = values[name]
    return value === undefined ? [] : [[name, toDraftValue(name, value)] as const]
  })

/** Defaults, with the two paths that have none left empty. */
export const emptyDraft = (): Draft => ({ ...draftOf(DEFAULTS), model_name_or_path: '', train_file: '' })

/** `q_proj: 8, v_proj: 4` as a record; text that is none stays text, which the schema then refuses. */
function parsePairs(text: string): unknown {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
  const pairs = parts.map((part) => [
    part.slice(0, part.lastIndexOf(':')).trim(),
    part.slice(part.lastIndexOf(':') + 1).trim(),
  ])
  if (pairs.some(([name, value]) => !name || !value)) return text
  return Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)]))
}

/** The column mapping of a draft; column names may hold any letter, so it is kept as JSON. */
export function columnsOf({ columns }: Pick<Draft, 'columns'>): RunConfig['columns'] {
  try {
    return runConfigSchema.shape.columns.parse(JSON.parse(String(columns)))
  } catch {
    return {}
  }
}

function typedList(name: FieldName, typed: DraftValue): unknown {
  const list = Array.isArray(typed) ? typed : []
  if (FIELDS[name].kind === 'names') return list
  if (list.length === 0) return null
  return FIELDS[name].kind === 'optional-numbers' ? list.map(Number) : list
}

function typedValue(name: FieldName, typed: DraftValue): unknown {
  const { kind } = FIELDS[name]
  if (kind === 'pairs') return parsePairs(String(typed))
  if (kind === 'columns') return columnsOf({ columns: typed })
  if (kind === 'names' || kind === 'optional-names' || kind === 'optional-numbers') return typedList(name, typed)
  if (name === 'init_lora_weights' && typed === 'true') return true
  if (kind === 'optional-number' && String(typed).trim() === '') return null
  if (kind === 'number' || kind === 'optional-number')
    return typeof typed === 'string' && typed.trim() !== '' ? Number(typed.replace(',', '.')) : undefined
  if (kind === 'optional-path') return typed === '' ? null : typed
  if (kind === 'optional-text') return String(typed).trim() || null
  if (kind === 'modules')
    return Array.isArray(typed) && typed.length === 1 && typed[0] === 'all-linear' ? 'all-linear' : typed
  return typed
}

/** A schema's issue in words for the one who fills in the form. */
function issueText(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'array') return 'Give at least one.'
      if (issue.origin === 'string') return issue.message.endsWith('.') ? issue.message : 'Fill this in.'
      return `${issue.inclusive ? 'At least' : 'More than'} ${issue.minimum}.`
    case 'too_big':
      return issue.origin === 'string' ? `At most ${issue.maximum} characters.` : `At most ${issue.maximum}.`
    case 'invalid_type':
      if (issue.expected === 'record') return 'Write name: value, with commas between.'
      return issue.expected === 'int' ? 'Give a whole number.' : 'Give a number.'
    default:
      return issue.message
  }
}

/** The configuration, or what is wrong, by field. A cleared number counts as missing, not as its default. */
export function checkDraft(draft: Draft): Check {
  const values = Object.fromEntries(FIELD_NAMES.map((name) => [name, typedValue(name, draft[name])]))
  const missing = FIELD_NAMES.filter((name) => values[name] === undefined).map(
    (name) => [name, 'Give a number.'] as const,
  )
  const parsed = runConfigSchema.safeParse(values)
  if (parsed.success && missing.length === 0) return { ok: true, config: parsed.data }
  const issues = parsed.success ? [] : parsed.error.issues
  const named = issues.map((issue) => [issue.path[0] as FieldName, issueText(issue)] as const)
  const found = new Map([...named.reverse(), ...missing])
  return {
    ok: false,
    errors: Object.fromEntries(FIELD_NAMES.filter((name) => found.has(name)).map((name) => [name, found.get(name)])),
  }
}

const sameValue = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Settings that are not the default, for the summary; name and paths do not count. */
export function changedSettings(config: RunConfig): readonly FieldName[] {
  const source = fieldsIn('source')
  return FIELD_NAMES.filter((name) => !source.includes(name) && !sameValue(config[name], DEFAULTS[name]))
}
