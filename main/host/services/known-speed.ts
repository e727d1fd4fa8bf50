import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Store } from '../store/store.ts'

/** Settings that decide how long a step of so many tokens takes; runs that agree in them are equally fast. */
const SPEED_FIELDS = [
  'model_name_or_path',
  'task_type',
  'packing',
  'max_seq_length',
  'method',
  'r',
  'lora_dropout',
  'target_modules',
  'magnitude_only_modules',
  'layers_to_transform',
  'rank_pattern',
  'modules_to_save',
  'bias',
  'bottleneck_size',
  'num_virtual_tokens',
  'detach_norm',
  'quantization',
  'dtype',
  'bf16',
  'per_device_train_batch_size',
  'gradient_checkpointing',
  'backend',
  'device',
  'xla',
] as const satisfies readonly (keyof RunConfig)[]

/** Points of the throughput curve the speed is taken from: the middle one of the thinned series. */
const POINTS = 51

const speedKey = (config: RunConfig): string => JSON.stringify(SPEED_FIELDS.map((field) => config[field]))

/** Tokens a second of the newest run whose steps were like those to come; null where there is none. */
export function knownSpeed(
  { runs, metrics }: Store,
  config: RunConfig,
): { tokensPerSecond: number; fromRun: string } | null {
  const wanted = speedKey(config)
  for (const { id, name, step } of runs.list()) {
    const record = step > 0 ? runs.record(id) : undefined
    if (!record || speedKey(record.config) !== wanted) continue
    const names = ['tokens_per_second'] as const
    const [series] = metrics.series({ runId: id, names: [...names], maxPoints: POINTS, fromStep: null, toStep: null })
    const values = series?.points.map(({ value }) => value).sort((a, b) => a - b) ?? []
    const tokensPerSecond = values[Math.floor(values.length / 2)] ?? 0
    if (tokensPerSecond > 0) return { tokensPerSecond, fromRun: name }
  }
  return null
}
