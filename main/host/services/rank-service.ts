import { fault } from '../../../shared/domain/error.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import { isRanked, type RankFacts } from '../../../shared/domain/rank.ts'
import { chosenCheckpoint } from './chosen-checkpoint.ts'
import type { HostContext } from './host-context.ts'
import type { Inspector } from './inspector.ts'

/** How many of its directions the adapter of a run's checkpoint uses; `step` null: of the best one, else the newest. */
export async function rankOf(
  context: HostContext,
  inspector: Pick<Inspector, 'rank'>,
  runId: string,
  step: number | null,
): Promise<RankFacts> {
  const record = context.store.runs.record(runId)
  if (!record) throw fault('not-found', `There is no run ${runId}.`)
  const { method } = record.config
  if (!isRanked(method))
    throw fault('conflict', `${METHODS[method].label} has no rank of its own to be judged: LoRA and DoRA have.`)
  const checkpoint = chosenCheckpoint(context, runId, step)
  if (!checkpoint)
    throw fault('conflict', `Run ${runId} has no checkpoint yet, so there is nothing to be judged.`, {
      hint: 'Let it train to its end or to its first checkpoint (save_steps).',
    })
  return inspector.rank(record.config, checkpoint.folder)
}
