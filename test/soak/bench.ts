import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ACTIVE_STATUSES, type RunSummary } from '../../shared/domain/run.ts'
import { type RunConfig, type RunConfigInput, runConfigSchema } from '../../shared/domain/run-config.ts'
import { DEMO, tinyModel } from '../training/tiny-model.ts'
import { type StartOptions, type StudioProcess, startStudio } from './studio-process.ts'
import { folderHash, publishedMetrics } from './verdicts.ts'

/** Steps of the short runs. */
export const STEPS = 48
const SETTINGS: Partial<RunConfigInput> = {
  prompt_template: '{input}:',
  max_seq_length: 64,
  per_device_train_batch_size: 4,
  learning_rate: 2e-3,
  max_steps: STEPS,
  save_steps: 4,
  eval_steps: 6,
  // Small batches of many rows, so that there is an evaluation to strike into.
  per_device_eval_batch_size: 4,
  trajectory_steps: 4,
  // The hardest to keep: were it deleted before the next one is known, nothing would be left.
  save_total_limit: 1,
  r: 4,
}
/** A hang is a fault too, and is to be told as one. */
export const PATIENCE_MS = 120_000

/** A tiny model, a few rows and the settings of the short runs in a folder. */
export async function prepare(folder: string, backend: RunConfig['backend']): Promise<RunConfig> {
  const model_name_or_path = await tinyModel(join(folder, 'model'))
  const rows = (split: string, count: number) => {
    const path = join(folder, `${split}.jsonl`)
    const lines = readFileSync(join(DEMO, `kinds.${split}.jsonl`), 'utf8').split('\n')
    writeFileSync(path, `${lines.slice(0, count).join('\n')}\n`)
    return path
  }
  const files = { train_file: rows('train', 24), validation_file: rows('validation', 160), test_file: rows('test', 8) }
  return runConfigSchema.parse({ ...SETTINGS, ...files, model_name_or_path, backend })
}

export type Bench = ReturnType<typeof createBench>

/** A studio whose host may be killed: what the fronts saw of it outlives the host. */
export function createBench(dataFolder: string, config: RunConfig) {
  const seen = new Map<string, RunSummary>()
  const published = publishedMetrics()
  let studio: StudioProcess

  function open(options?: StartOptions): StudioProcess {
    studio = startStudio(dataFolder, options)
    studio.on('run.updated', (run) => void seen.set(run.id, run))
    studio.on('metrics.appended', ({ runId, rows }) => published.add(runId, rows))
    return studio
  }
  const settled = async (runId: string): Promise<RunSummary> => {
    const began = performance.now()
    for (;;) {
      const run = await studio.call('runs.get', { runId })
      seen.set(runId, run)
      if (!ACTIVE_STATUSES.includes(run.status)) return run
      if (performance.now() - began > PATIENCE_MS)
        throw new Error(`Run ${runId} is still ${run.status} (${run.phase}).`)
      await delay(20)
    }
  }
  return {
    open,
    studio: () => studio,
    seen,
    published,
    settled,
    start: (fields: Partial<RunConfig> = {}) => studio.call('runs.start', { ...config, ...fields }),
    folderOf: (runId: string) => join(dataFolder, 'runs', runId),
  }
}

/** Exports the merged model; answers with the hash of its folder. */
export async function exportRun({ studio }: Bench, runId: string, folder: string): Promise<string> {
  const { id } = await studio().call('exports.start', { runId, kind: 'merged', folder })
  for (const began = performance.now(); ; ) {
    const job = (await studio().call('exports.list', { runId })).find((one) => one.id === id)
    if (job?.status === 'finished') return folderHash(folder)
    if (job?.status !== 'running') throw new Error(`The export ended as ${job?.status}: ${job?.error?.message}`)
    if (performance.now() - began > PATIENCE_MS) throw new Error(`The export hangs in: ${job.phase}`)
    await delay(20)
  }
}
