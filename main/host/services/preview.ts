import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { PreviewAnswer, RunPreview, RunWork } from '../../../shared/domain/run-preview.ts'
import type { Store } from '../store/store.ts'
import type { Inspector } from './inspector.ts'
import { knownSpeed } from './known-speed.ts'
import type { KnowsSpeed } from './machine-speed.ts'
import { paceOf, START_SECONDS, secondsOf, USUAL_SPEED } from './run-time.ts'

type Plan = NonNullable<RunPreview['plan']>
type Estimate = NonNullable<PreviewAnswer['estimate']>

export type PreviewParts = {
  readonly store: Store
  readonly inspector: Pick<Inspector, 'run'>
  readonly machineSpeed: KnowsSpeed
}

/**
 * How long a run takes: its training at the speed of an earlier run of such steps, else by its work at the speed of this
 * machine; with its start, its evaluations and its trajectories. Null where neither is known.
 */
export async function estimateOf(
  { store, machineSpeed }: Pick<PreviewParts, 'store' | 'machineSpeed'>,
  config: RunConfig,
  { work, tokens }: Pick<Plan, 'work' | 'tokens'>,
): Promise<Estimate | null> {
  const known = knownSpeed(store, config)
  const speed = await machineSpeed(config)
  if (known === null && speed === null) return null
  const secondsFor = (part: RunWork) => secondsOf(part, speed ?? USUAL_SPEED)
  const worked = secondsFor(work.training)
  const training = known ? tokens / known.tokensPerSecond : worked
  // An earlier run tells how fast this machine is with such work, the rest of the run included.
  const besides = secondsFor(work.besides) * paceOf(training, worked)
  return {
    seconds: START_SECONDS + training + besides,
    tokensPerSecond: tokens / training,
    fromRun: known?.fromRun ?? null,
  }
}

/** What a run would be, with the time it would take. */
export async function previewRun(parts: PreviewParts, config: RunConfig): Promise<PreviewAnswer> {
  const preview = await parts.inspector.run(config)
  return { ...preview, estimate: preview.plan && (await estimateOf(parts, config, preview.plan)) }
}
