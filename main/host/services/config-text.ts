import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseDocument, stringify } from 'yaml'
import { fault } from '../../../shared/domain/error.ts'
import { isHubName } from '../../../shared/domain/hub.ts'
import { type RunConfig, runConfigSchema } from '../../../shared/domain/run-config.ts'
import { resolveAliases } from './config-aliases.ts'
import { describeIssues } from './config-issues.ts'

type Fields = Readonly<Record<string, unknown>>

const PATH_FIELDS = [
  'model_name_or_path',
  'train_file',
  'validation_file',
  'test_file',
  'adapter_name_or_path',
] as const
/** A run file is a page long; a document with more alias expansions than this is an attack or an accident. */
const MAX_ALIASES = 100

function absolute(path: string, folder: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : resolve(folder, path)
}

/** As in transformers, a model that is no folder is looked for under its name on the hub: `org/name`. */
const namesHubModel = (field: string, text: string, folder: string): boolean =>
  field === 'model_name_or_path' && isHubName(text) && !existsSync(absolute(text, folder))

/** The path fields made absolute against `folder`; other values are left as they are for the check. */
export function resolvePaths(fields: Fields, folder: string): Record<string, unknown> {
  const result: Record<string, unknown> = { ...fields }
  for (const field of PATH_FIELDS) {
    const value = result[field]
    const text = typeof value === 'string' ? value.trim() : ''
    if (text) result[field] = namesHubModel(field, text, folder) ? text : absolute(text, folder)
  }
  return result
}

/** A mapping from YAML text (JSON is YAML too). Throws a fault with line and column. */
function parseYamlFields(yaml: string, what: string): Record<string, unknown> {
  const document = parseDocument(yaml, { prettyErrors: true })
  if (document.errors.length > 0) {
    const details = document.errors.map(({ message }) => (message.split('\n')[0] ?? message).replace(/:$/, '.'))
    throw fault('bad-config', `${what} is not valid YAML: ${details[0]}`, {
      details,
      hint: 'Check indentation, quotes and colons there.',
    })
  }
  let fields: unknown
  try {
    fields = document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    throw fault('bad-config', `${what} is not valid YAML: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw fault('bad-config', `${what} holds no settings; wanted lines such as "learning_rate: 2e-4".`)
  }
  return { ...fields }
}

/** Checks a mapping of any origin; all faults at once, each with its field. */
function checkRunConfig(fields: Fields, what: string): RunConfig {
  const parsed = runConfigSchema.safeParse(fields)
  if (parsed.success) return parsed.data
  const details = describeIssues(parsed.error, fields)
  const more = details.length > 1 ? ` (${details.length} faults in all)` : ''
  throw fault('bad-config', `${what}: ${details[0]}${more}`, { details, hint: 'Correct the named fields.' })
}

type ParseOptions = {
  /** What the text is called in errors. */
  readonly what?: string
  /** Laid over the file's fields, under the studio's names or their aliases; paths already absolute. */
  readonly overrides?: Fields
}

/** Text of a run file to a checked configuration; relative paths are taken against `folder`. */
export function parseRunConfig(
  yaml: string,
  folder: string,
  { what = 'The run file', overrides = {} }: ParseOptions = {},
): RunConfig {
  const fields = resolvePaths(resolveAliases(parseYamlFields(yaml, what)), folder)
  return checkRunConfig({ ...fields, ...resolveAliases(overrides) }, what)
}

/** A configuration as a run file with every field. */
export function formatRunConfig(config: RunConfig): string {
  return stringify(config, { lineWidth: 0 })
}
