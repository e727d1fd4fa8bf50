import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { fault } from '../../shared/domain/error.ts'
import type { RunDetail } from '../../shared/domain/run.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { formatRunConfig, parseRunConfig, resolvePaths } from '../host/services/config-text.ts'

const MAX_RUN_FILE_CHARACTERS = 200_000
const MOST_NAME = 120

/** `key=value` pairs; values are read as YAML does (numbers, true, lists), paths against the working folder. */
function parseSettings(pairs: readonly string[]): Record<string, unknown> {
  const entries = pairs.map((pair): [string, unknown] => {
    const at = pair.indexOf('=')
    if (at < 1)
      throw fault('bad-config', `--set ${pair}: wanted key=value.`, { hint: 'For example --set learning_rate=1e-4' })
    const text = pair.slice(at + 1)
    try {
      return [pair.slice(0, at).trim(), parse(text)]
    } catch {
      return [pair.slice(0, at).trim(), text]
    }
  })
  return resolvePaths(Object.fromEntries(entries), process.cwd())
}

/** The settings of an earlier run, with those of `--set` in their place, `run_name` among them or the next one's name. */
export function settingsOfRun(
  { id, name, config }: Pick<RunDetail, 'id' | 'name' | 'config'>,
  set: readonly string[],
): RunConfig {
  const run_name = `${name} (again)`.slice(0, MOST_NAME)
  const overrides = { run_name, ...parseSettings(set) }
  return parseRunConfig(formatRunConfig(config), process.cwd(), { what: `The settings of run ${id}`, overrides })
}

/** The settings of a run file, with those of `--set` in their place. */
export async function readRunFile(file: string, set: readonly string[]): Promise<RunConfig> {
  const path = resolve(file)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`
    throw fault('bad-config', `${path} ${reason}.`, { hint: 'Give the path of a run file; resources/demo holds one.' })
  })
  if (text.length > MAX_RUN_FILE_CHARACTERS) {
    throw fault(
      'bad-config',
      `${path} has ${text.length} characters; a run file has at most ${MAX_RUN_FILE_CHARACTERS}.`,
      { hint: 'Give the path of a run file (YAML); resources/demo holds one.' },
    )
  }
  return parseRunConfig(text, dirname(path), { what: path, overrides: parseSettings(set) })
}
