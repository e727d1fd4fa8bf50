import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { ADAPTERS } from '../adapters/index.ts'
import type { ModelDescription } from '../models/model.ts'
import { targetLinears } from '../train/targets.ts'

/** The output head as transformers names its weight where it has one of its own. */
export const HEAD_WEIGHT = 'lm_head.weight'

/**
 * The embedding that the run adapted though the output head shares its weight; null where there is none. As in PEFT the
 * head keeps the weight as it was, so the merged model has two: PEFT's own merge changes both, and so the answers.
 */
export function untiedEmbedding(model: ModelDescription, config: RunConfig): string | null {
  const { tied } = model
  if (tied === undefined || ADAPTERS[config.method].trainsBase) return null
  return targetLinears(model, config).some(({ module }) => module === tied) ? tied : null
}
