import { ADAPTERS } from '../main/engine/adapters/index.ts'
import { tensorflowBackend } from '../main/engine/backends/tensorflow/backend.ts'
import type { Model } from '../main/engine/models/model.ts'
import type { BaseWeights } from '../main/engine/train/base-weights.ts'
import { openSession } from '../main/engine/train/session.ts'
import { targetLinears } from '../main/engine/train/targets.ts'
import { type RunConfigInput, runConfigSchema } from '../shared/domain/run-config.ts'

/**
 * A session on TensorFlow that has all variables of a run and no step: for what loading the weights of a model folder costs.
 * `held`: what the base is held in.
 */
export async function loadingSession(model: Model, weights: BaseWeights, held: Partial<RunConfigInput> = {}) {
  const config = runConfigSchema.parse({
    model_name_or_path: 'none',
    train_file: 'none',
    ...held,
    r: 1,
    trajectory_steps: 0,
  })
  return openSession(await tensorflowBackend(), {
    model,
    targets: targetLinears(model.description, config),
    method: ADAPTERS.dora,
    config,
    stored: (name) => weights.info(name).dtype,
    trainShapes: [],
    evalShapes: [],
  })
}
