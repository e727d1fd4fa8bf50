import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { ensureProcesses } from '../../main/setup/build.ts'
import type { RunDetail, RunSummary } from '../../shared/domain/run.ts'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { DEMO, tinyModel } from '../training/tiny-model.ts'

const root = join(import.meta.dirname, '../..')
const CLI = join(root, 'dist/cli.mjs')

/** What no user should have to read. */
export const JARGON = /^\s+at |0x[0-9a-f]{6}|node:internal|\binternal\b|\bundefined\b|\[object|\.partial-|DORA_DEBUG/im

export type Result = { readonly code: number | null; readonly out: string; readonly err: string }
export type StartOptions = {
  readonly env?: Readonly<Record<string, string>>
  /** Command that node is started by, such as `['setpriv', …]`. */
  readonly wrap?: readonly string[]
}

/** A data folder with a tiny model and a few rows in it, and the built command line on it. */
export type RealStudio = {
  readonly folder: string
  readonly home: string
  readonly model: string
  readonly train: string
  readonly start: (args: readonly string[], options?: StartOptions) => { child: ChildProcess; result: Promise<Result> }
  readonly run: (args: readonly string[], options?: StartOptions) => Promise<Result>
  /** Writes the run file; answers with its path. */
  readonly runFile: (fields?: Partial<RunConfigInput>) => string
  readonly show: () => Promise<RunDetail>
  readonly runs: () => Promise<RunSummary[]>
}

/** Makes in `place` what all studios of a test file are copied from; builds the studio first if its sources changed. */
export async function prepareStudios(place: string): Promise<{ open: () => RealStudio }> {
  await ensureProcesses(root, () => undefined)
  const template = join(place, 'template')
  await tinyModel(join(template, 'model'))
  for (const [split, rows] of [
    ['train', 12],
    ['validation', 6],
  ] as const) {
    const lines = readFileSync(join(DEMO, `kinds.${split}.jsonl`), 'utf8').split('\n')
    writeFileSync(join(template, `${split}.jsonl`), `${lines.slice(0, rows).join('\n')}\n`)
  }
  let count = 0
  return { open: () => openStudio(template, join(place, `studio-${count++}`)) }
}

function openStudio(template: string, folder: string): RealStudio {
  const home = join(folder, 'home')
  mkdirSync(home, { recursive: true })
  cpSync(template, folder, { recursive: true })
  const start: RealStudio['start'] = (args, options) => startCli(folder, home, args, options)
  const run: RealStudio['run'] = (args, options) => start(args, options).result
  return {
    folder,
    home,
    model: join(folder, 'model'),
    train: join(folder, 'train.jsonl'),
    start,
    run,
    runFile: (fields = {}) => writeRunFile(join(folder, 'run.yaml'), fields),
    show: async () => JSON.parse((await run(['show', 'last', '--json'])).out),
    runs: async () => jsonLines((await run(['runs', '--json'])).out),
  }
}

const jsonLines = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

function startCli(folder: string, home: string, args: readonly string[], { env = {}, wrap = [] }: StartOptions = {}) {
  const [command = '', ...rest] = [...wrap, process.execPath, CLI, ...args]
  const child = spawn(command, rest, {
    cwd: folder,
    env: { ...process.env, DORA_STUDIO_HOME: home, DORA_DEBUG: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const result = new Promise<Result>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
  })
  return { child, result }
}

/** Six steps on the tiny model, a checkpoint after each second; the portable backend starts fastest. */
function writeRunFile(path: string, fields: Partial<RunConfigInput>): string {
  const config: Partial<RunConfigInput> = {
    model_name_or_path: 'model',
    train_file: 'train.jsonl',
    validation_file: 'validation.jsonl',
    prompt_template: '{input}:',
    max_seq_length: 64,
    per_device_train_batch_size: 4,
    max_steps: 6,
    save_steps: 2,
    eval_steps: 3,
    trajectory_steps: 2,
    r: 4,
    backend: 'portable',
    ...fields,
  }
  writeFileSync(path, stringify(config))
  return path
}

/** Replaces fields of the model's config.json. */
export function changeConfig({ model }: RealStudio, fields: Readonly<Record<string, unknown>>): void {
  const path = join(model, 'config.json')
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...fields }))
}
