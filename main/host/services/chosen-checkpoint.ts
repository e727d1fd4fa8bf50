import { existsSync } from 'node:fs'
import { fault } from '../../../shared/domain/error.ts'
import type { Checkpoint } from '../../../shared/domain/run.ts'
import type { HostContext } from './host-context.ts'
import { lastCheckpoint } from './last-checkpoint.ts'

/** The checkpoint of a step; for null the best one, else the newest. Undefined where the run has none yet. */
export function chosenCheckpoint(context: HostContext, runId: string, step: number | null): Checkpoint | undefined {
  const there = context.store.checkpoints.list(runId).filter(({ folder }) => existsSync(folder))
  if (step === null) return there.findLast(({ best }) => best) ?? lastCheckpoint(context, runId)
  const chosen = there.find((one) => one.step === step)
  if (!chosen) throw fault('not-found', `Run ${runId} has no checkpoint of step ${step} any more.`)
  return chosen
}
