import { fault } from '../../../../shared/domain/error.ts'
import type { ChosenSide, Split } from '../../../../shared/domain/paired.ts'
import type { PairedOrder } from '../../../../shared/domain/paired-job.ts'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import { chosenCheckpoint } from '../chosen-checkpoint.ts'
import type { HostContext } from '../host-context.ts'

/** One of two models, found. */
export type Located = {
  readonly runId: string
  readonly name: string
  readonly config: RunConfig
  /** Folder and step of what is put on the base; null: the base alone. */
  readonly checkpoint: { readonly folder: string; readonly step: number } | null
}

/** The two of an order and the file they are to be asked of; refuses what could not be held against each other. */
export function locateSides(context: HostContext, { a, b, split }: PairedOrder) {
  const sides = [locate(context, a), locate(context, b)] as const
  const file = sides[0].config[`${split}_file`]
  refuseUnlike(sides[0].config, sides[1].config, file, split)
  return { sides, file }
}

function locate(context: HostContext, { runId, base, step }: ChosenSide): Located {
  const config = context.store.runs.record(runId)?.config
  const run = context.store.runs.summary(runId)
  if (!config || !run) throw fault('not-found', `There is no run ${runId}.`)
  if (base) return { runId, name: `Base of ${run.name}`, config, checkpoint: null }
  const checkpoint = chosenCheckpoint(context, runId, step)
  if (checkpoint) return { runId, name: run.name, config, checkpoint }
  throw fault('conflict', `Run ${runId} has no checkpoint yet, so there is nothing to be judged.`, {
    hint: 'Let it train to its end or to its first checkpoint (save_steps).',
  })
}

function refuseUnlike(a: RunConfig, b: RunConfig, file: string | null, split: Split): asserts file is string {
  if (file === null)
    throw fault('conflict', `The run has no ${split}_file, so there are no examples to ask.`, {
      hint: split === 'test' ? 'Ask those of its validation_file, or start a run with a test_file.' : '',
    })
  for (const field of ['task_type', 'problem_type'] as const)
    if (a[field] !== b[field])
      throw fault('conflict', `${field}: ${a[field]} and ${b[field]} are judged by different figures.`)
}
