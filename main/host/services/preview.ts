import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { PreviewAnswer } from '../../../shared/domain/run-preview.ts'
import type { Store } from '../store/store.ts'
import type { Inspector } from './inspector.ts'

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

/** What a run would be, with the time it would take where the history tells the speed. */
export async function previewRun(store: Store, inspector: Inspector, config: RunConfig): Promise<PreviewAnswer> {
  const preview = await inspector.run(config)
  const speed = preview.plan && knownSpeed(store, config)
  const estimate = preview.plan && speed ? { ...speed, seconds: preview.plan.tokens / speed.tokensPerSecond } : null
  return { ...preview, estimate }
}
