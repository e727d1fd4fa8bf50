import type { RunConfig } from '../../../shared/domain/run-config.ts'

/** Steps of linear warmup: warmup_steps if given, else warmup_ratio of the run. */
export const warmupSteps = (config: RunConfig, totalSteps: number): number =>
  config.warmup_steps > 0 ? config.warmup_steps : Math.ceil(config.warmup_ratio * totalSteps)

/**
 * Learning rate of the 0-based optimizer step, as transformers' get_*_schedule_with_warmup: linear rise from 0, then
 * constant, linear to 0, or half a cosine to 0.
 */
export function learningRateAt(config: RunConfig, step: number, totalSteps: number): number {
  const warmup = warmupSteps(config, totalSteps)
  if (step < warmup) return (config.learning_rate * step) / Math.max(1, warmup)
  const done = Math.min(1, (step - warmup) / Math.max(1, totalSteps - warmup))
  const shape = { constant: 1, linear: 1 - done, cosine: 0.5 * (1 + Math.cos(Math.PI * done)) }
  return config.learning_rate * shape[config.lr_scheduler_type]
}
