import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { StudioEvent } from '../../../main/host/events.ts'
import { type Host, type HostOptions, openHost } from '../../../main/host/host.ts'
import { StudioError, type StudioErrorData } from '../../../shared/domain/error.ts'
import { ACTIVE_STATUSES, type RunStatus, type RunSummary } from '../../../shared/domain/run.ts'
import { type RunConfig, runConfigSchema } from '../../../shared/domain/run-config.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

/** What the scripted engine is to do; see scripted-engine.mjs. */
export type Script = {
  readonly steps?: number
  readonly delayMs?: number
  /** Module series a step; one unless told. */
  readonly modules?: number
  readonly checkpointEvery?: number
  readonly end?: 'finish' | 'fail' | 'exit' | 'heap' | 'sigkill' | 'garbage' | 'hang'
  readonly ignoreStop?: boolean
  readonly exportFails?: boolean
  /** A preview finds a problem and no plan. */
  readonly impossible?: boolean
  readonly exportDelayMs?: number
  /** Pause after each example of a paired evaluation, and whether it fails after the last. */
  readonly askMs?: number
  readonly askFails?: boolean
}

export const SCRIPTED_ENGINE = join(import.meta.dirname, 'scripted-engine.mjs')

/** A model folder and data file that pass the cheap checks. */
export function makeConfig(folder: string, script: Script = {}, fields: Partial<RunConfig> = {}): RunConfig {
  const model = join(folder, 'model')
  mkdirSync(model, { recursive: true })
  for (const name of ['config.json', 'tokenizer.json', 'model.safetensors']) writeFileSync(join(model, name), '{}')
  const data = join(folder, 'train.jsonl')
  writeFileSync(data, '{"instruction":"a","output":"b"}\n')
  const own = { run_name: 'test', model_name_or_path: model, train_file: data, prompt_template: JSON.stringify(script) }
  return runConfigSchema.parse({ ...own, ...fields })
}

/** A host on the scripted engine, closed after the test. */
export async function openTestHost(folder: string, options: HostOptions = {}): Promise<Host> {
  const host = await openHost({
    dataFolder: join(folder, 'data'),
    engineEntry: SCRIPTED_ENGINE,
    // None: the real one would measure the machine.
    doctorEntry: join(folder, 'no-doctor.mjs'),
    stopTimeoutMs: 2_000,
    ...options,
  })
  onTestFinished(() => host.close())
  return host
}

/** Waits until the run is in one of the states (default: none of the active ones). */
export function waitForRun(host: Host, runId: string, statuses?: readonly RunStatus[]): Promise<RunSummary> {
  const there = ({ status }: RunSummary) => (statuses ? statuses.includes(status) : !ACTIVE_STATUSES.includes(status))
  return new Promise((resolve, reject) => {
    const end = host.on('run.updated', (run) => see(run))
    const see = (run: RunSummary) => {
      if (run.id !== runId || !there(run)) return
      end()
      resolve(run)
    }
    host.call('runs.get', { runId }).then(see, reject)
  })
}

/** The data of the StudioError that `work` throws or rejects with. */
export async function faultOf(work: () => unknown): Promise<StudioErrorData> {
  try {
    await work()
  } catch (error) {
    if (error instanceof StudioError) return error.data
    throw error
  }
  throw new Error('Nothing was thrown.')
}

/** A host on a folder of its own with the configuration of a run in it. */
export async function setUp(script: Script = {}) {
  const folder = temporaryFolder()
  const host = await openTestHost(folder)
  const events: StudioEvent[] = []
  host.subscribe((event) => void events.push(event))
  return { folder, host, events, config: makeConfig(folder, script) }
}
