import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend } from '../../main/engine/ir/executable.ts'
import { trainRun } from '../../main/engine/train/run.ts'
import { type RunConfig, type RunConfigInput, runConfigSchema } from '../../shared/domain/run-config.ts'
import type { EngineReport } from '../../shared/engine-protocol.ts'
import { DEMO } from './tiny-model.ts'

/** Writes the first rows of the demo data into a folder, for a configuration that trains on them in seconds. */
export function smallRun(folder: string, extra: Partial<RunConfigInput> = {}) {
  const head = (split: string, rows: number) => {
    const lines = readFileSync(join(DEMO, `kinds.${split}.jsonl`), 'utf8')
      .split('\n')
      .slice(0, rows)
    const path = join(folder, `${split}.jsonl`)
    writeFileSync(path, `${lines.join('\n')}\n`)
    return path
  }
  const config = runConfigSchema.parse({
    model_name_or_path: join(DEMO, 'model'),
    train_file: head('train', 24),
    validation_file: head('validation', 8),
    prompt_template: '{input}:',
    target_modules: ['q_proj', 'k_proj', 'v_proj', 'up_proj', 'down_proj'],
    max_seq_length: 64,
    per_device_train_batch_size: 4,
    learning_rate: 2e-3,
    max_steps: 6,
    save_steps: 3,
    eval_steps: 3,
    trajectory_steps: 2,
    r: 4,
    ...extra,
  })
  return { config, folder, runFolder: join(folder, 'run') }
}

/** Lets a job go on to its end, and hears what it reports. */
export const undisturbed = (report: (message: EngineReport) => void = () => {}) => ({
  report,
  stopRequested: () => null,
  breathe: async () => {},
})

/** Trains in this process and answers with every report; stops after `stopAfter` steps if given. */
export async function train(
  backend: Backend,
  config: RunConfig,
  runFolder: string,
  options: {
    resumeFrom?: string
    stopAfter?: number
    checkpoint?: boolean
    stored?: (step: number) => Promise<void>
  } = {},
): Promise<EngineReport[]> {
  const reports: EngineReport[] = []
  const steps = () => reports.filter(({ type }) => type === 'metrics').length
  await trainRun(
    backend,
    { config, runFolder, resumeFrom: options.resumeFrom ?? null },
    {
      ...undisturbed((message) => reports.push(message)),
      ...(options.stored && { stored: options.stored }),
      stopRequested: () =>
        options.stopAfter !== undefined && steps() >= options.stopAfter
          ? { checkpoint: options.checkpoint ?? true }
          : null,
    },
  )
  return reports
}

/** All rows of a metric as [step, module, value]. */
export const metric = (reports: readonly EngineReport[], name: string) =>
  reports.flatMap((report) =>
    report.type === 'metrics'
      ? report.rows.filter((row) => row.name === name).map(({ step, module, value }) => [step, module, value] as const)
      : [],
  )

export const only = <T extends EngineReport['type']>(reports: readonly EngineReport[], type: T) =>
  reports.filter((report): report is Extract<EngineReport, { type: T }> => report.type === type)
