import type { z } from 'zod'
import { runConfigSchema } from '../../../shared/domain/run-config.ts'
import { shown } from '../../../shared/domain/shown.ts'

type Issue = z.core.$ZodIssue

const FIELDS = Object.keys(runConfigSchema.shape)
/** Their values are in no error text: a wrong secret is nearly a right one. */
const SECRETS: readonly PropertyKey[] = ['token']

/** Edits (insert, delete, replace) between two short names; Wagner and Fischer's table, row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced))
    }
    row = next
  }
  return row[b.length] ?? 0
}

function suggestion(unknown: string): string {
  if (unknown.length > 60) return ''
  const nearest = FIELDS.map((field) => ({ field, edits: distance(unknown.toLowerCase(), field) })).sort(
    (a, b) => a.edits - b.edits,
  )[0]
  return nearest && nearest.edits <= Math.max(2, unknown.length / 4) ? `; did you mean ${nearest.field}?` : ''
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    root,
  )
}

function wanted(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${issue.origin === 'string' ? ' characters' : ''}`
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`
    default:
      return issue.message
  }
}

/** `learning_rate: got "high", wanted a number.` One line for each fault, unknown fields with the nearest known one. */
export function describeIssues(error: z.ZodError, input: unknown): string[] {
  return error.issues.flatMap((issue): string[] => {
    const field = issue.path.map(String).join('.')
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${key}: unknown field${suggestion(key)}`)
    if (field === 'target_modules')
      return [`${field}: wanted all-linear or a list of module names such as [q_proj, v_proj].`]
    const got = valueAt(input, issue.path)
    if (got === undefined) return [`${field}: missing, wanted ${wanted(issue)}.`]
    const told = issue.path.some((key) => SECRETS.includes(key)) ? 'something else' : shown(got)
    return [`${field}: got ${told}, wanted ${wanted(issue)}.`]
  })
}
