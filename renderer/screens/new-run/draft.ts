import type { z } from 'zod'
import { type RunConfig, runConfigSchema } from '../../../shared/domain/run-config.ts'
import { FIELD_NAMES, FIELDS, type FieldName } from './fields.ts'

export type DraftValue = string | boolean | readonly string[]
/** What stands in the form: numbers as typed, so that `2e-` on the way to `2e-4` is no error yet. */
export type Draft = Readonly<Record<FieldName, DraftValue>>
export type FieldErrors = Readonly<Partial<Record<FieldName, string>>>

export type Check =
  | { readonly ok: true; readonly config: RunConfig }
  | { readonly ok: false; readonly errors: FieldErrors }

const DEFAULTS: RunConfig = runConfigSchema.parse({ model_name_or_path: '-', train_file: '-' })

const toDraftValue = (value: RunConfig[FieldName]): DraftValue => {
  if (value === null) return ''
  return typeof value === 'number' ? String(value) : value
}

/** The form's values for a configuration. */
export const draftOf = (config: RunConfig): Draft =>
  Object.fromEntries(FIELD_NAMES.map((name) => [name, toDraftValue(config[name])])) as Draft

/** Defaults, with the two paths that have none left empty. */
export const emptyDraft = (): Draft => ({ ...draftOf(DEFAULTS), model_name_or_path: '', train_file: '' })

function typedValue(name: FieldName, typed: DraftValue): unknown {
  const { kind } = FIELDS[name]
  if (kind === 'number')
    return typeof typed === 'string' && typed.trim() !== '' ? Number(typed.replace(',', '.')) : undefined
  if (kind === 'optional-path') return typed === '' ? null : typed
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
export const changedSettings = (config: RunConfig): readonly FieldName[] =>
  FIELD_NAMES.filter((name) => FIELDS[name].section !== 'source' && !sameValue(config[name], DEFAULTS[name]))
