import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { ADAPTERS } from '../adapters/index.ts'
import type { BatchShape } from '../data/batches.ts'
import { openModelFolder } from '../formats/model-folder.ts'
import type { Backend } from '../ir/executable.ts'
import type { Model } from '../models/model.ts'
import { baseWeights } from './base-weights.ts'
import { openCheckpoint } from './checkpoint.ts'
import { checkWeights, initialValues } from './initial-values.ts'
import { openSession, type Session } from './session.ts'
import { targetLinears } from './targets.ts'

export type InferenceRequest = {
  readonly config: RunConfig
  readonly model: Model
  /** Of the base weights. */
  readonly folder: string
  /** Whose trainables are put on them; null: none, the weights alone. */
  readonly checkpoint: string | null
  /** Of the batches that logits are asked of. */
  readonly shapes: readonly BatchShape[]
  /** Of those that are judged as in an evaluation. */
  readonly evalShapes?: readonly BatchShape[]
}

/** A session without optimizer state, for logits. */
export async function openInference(backend: Backend, request: InferenceRequest): Promise<Session> {
  const { config, model, folder, checkpoint, shapes, evalShapes = [] } = request
  const settings = { ...config, trajectory_steps: 0 }
  const weights = baseWeights(openModelFolder(folder), model.description, config.seed)
  try {
    checkWeights(weights, model.description)
    const session = await openSession(backend, {
      model,
      targets: checkpoint === null ? [] : targetLinears(model.description, config),
      method: ADAPTERS[config.method],
      config: settings,
      stored: (name) => weights.info(name).dtype,
      trainShapes: [],
      evalShapes,
      logitShapes: shapes,
    })
    const opened = checkpoint === null ? null : openCheckpoint(checkpoint, session.layout, settings, false)
    try {
      await session.load(initialValues(weights, session.layout, config.seed, opened?.value), false)
    } finally {
      opened?.close()
    }
    return session
  } finally {
    weights.close()
  }
}
