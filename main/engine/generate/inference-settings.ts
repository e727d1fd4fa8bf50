import type { RunConfig } from '../../../shared/domain/run-config.ts'

/** A run's settings for answering alone. The base is held as the run holds it, and nothing of it is trained. */
export function inferenceSettings(config: RunConfig, checkpoint: string | null): RunConfig {
  const common = {
    ...config,
    trajectory_steps: 0,
    gradient_accumulation_steps: 1,
    lora_dropout: 0,
    base_dropout: false,
  }
  return checkpoint === null ? { ...common, method: 'lora', bias: 'none', modules_to_save: null } : common
}
