import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { PreviewAnswer, RunPreview } from '../../../shared/domain/run-preview.ts'
import type { Store } from '../store/store.ts'
import type { Inspector } from './inspector.ts'

type Plan = NonNullable<RunPreview['plan']>

/** Points of the throughput curve the speed is taken from: the middle one of the thinned series. */
const POINTS = 51

/** Tokens a second of the newest run with the same model, method and batch; null where there is none. */
function knownSpeed({ runs, metrics }: Store, config: RunConfig): { tokensPerSecond: number; fromRun: string } | null {
  const alike = (other: RunConfig) =>
    other.model_name_or_path === config.model_name_or_path &&
    other.method === config.method &&
    other.per_device_train_batch_size === config.per_device_train_batch_size &&
    other.max_seq_length === config.max_seq_length
  for (const { id, name, step } of runs.list()) {
    const record = step > 0 ? runs.record(id) : undefined
    if (!record || !alike(record.config)) continue
    const [series] = metrics.series({
      runId: id,
      names: ['tokens_per_second'],
      maxPoints: POINTS,
      fromStep: null,
      toStep: null,
    })
    const values = series?.points.map(({ value }) => value).sort((a, b) => a - b) ?? []
    const tokensPerSecond = values[Math.floor(values.length / 2)] ?? 0
    if (tokensPerSecond > 0) return { tokensPerSecond, fromRun: name }
  }
  return null
}

/** Share of the speed of plain matrix products that training reaches; models of 6 to 135 million parameters measured. */
const EFFICIENCY = 0.6

/**
 * Floating-point operations a position of the products with the base's weights: 2 a parameter forward, 2 for the gradients of
 * the inputs, and 2 for those of the weights where the base itself is trained.
 */
const operationsPerPosition = ({ totalParameters, trainableParameters }: Plan): number =>
  2 * (2 * totalParameters + trainableParameters)

type Parts = {
  readonly store: Store
  readonly inspector: Inspector
  /** GFLOP/s of matrix products on this machine; null where it is not known. */
  readonly machineSpeed: () => Promise<number | null>
}

async function estimateOf({ store, machineSpeed }: Parts, config: RunConfig, plan: Plan) {
  const speed = knownSpeed(store, config)
  if (speed) return { ...speed, seconds: plan.tokens / speed.tokensPerSecond }
  const gflops = await machineSpeed()
  if (gflops === null) return null
  // Padding is computed too, and is no token.
  const tokensPerSecond = ((1 - plan.paddingShare) * EFFICIENCY * 1e9 * gflops) / operationsPerPosition(plan)
  return { tokensPerSecond, fromRun: null, seconds: plan.tokens / tokensPerSecond }
}

/** What a run would be, with the time it would take: at the speed of an earlier run, else by that of the machine. */
export async function previewRun(parts: Parts, config: RunConfig): Promise<PreviewAnswer> {
  const preview = await parts.inspector.run(config)
  return { ...preview, estimate: preview.plan && (await estimateOf(parts, config, preview.plan)) }
}
