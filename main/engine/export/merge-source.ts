import { dirname } from 'node:path'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Batch } from '../data/batches.ts'
import { loadPrompts } from '../data/load-data.ts'
import { type RunTask, reopenTask } from '../train/task.ts'

/** What a merged model is made from, be it a run's or an adapter's from elsewhere. */
export type MergeSource = {
  readonly config: RunConfig
  /** Folder with the trained arrays. */
  readonly checkpoint: string
  /** The model in a folder (the base, or what was merged) with the head of the task. */
  readonly task: (folder: string) => Promise<RunTask>
  /** What both models are asked for the proof. */
  readonly prompts: (task: RunTask) => Promise<Batch[]>
}

/** Prompts compared, and how much of each: enough to see any fault, little enough to take seconds. */
export const PROOF = { prompts: 8, positions: 64 } as const

/** A run's checkpoint, proved on rows of the run's own data. */
export const runSource = (config: RunConfig, checkpoint: string): MergeSource => ({
  config,
  checkpoint,
  task: (folder) => reopenTask(config, dirname(checkpoint), folder),
  prompts: ({ model, labels }) => loadPrompts(config, model.description, labels, PROOF.prompts, PROOF.positions),
})
