import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import type { Model } from '../../main/engine/models/model.ts'
import { openInference } from '../../main/engine/train/inference.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'

/** What the logits are computed with: the weights of a folder and, unless null, the trainables of a checkpoint on them. */
type Trained = { readonly config: RunConfig; readonly model: Model; readonly checkpoint: string | null }

/** The studio's logits for each batch, as the model lays them out. */
export async function ourLogits(trained: Trained, batches: readonly Batch[]): Promise<Float32Array[]> {
  const shapes = batches.map(({ shape }) => shape)
  const request = { ...trained, folder: trained.config.model_name_or_path, shapes }
  const session = await openInference(await tensorflowBackend(), request)
  const found: Float32Array[] = []
  for (const batch of batches) found.push(await session.logits(batch))
  session.executable.dispose()
  return found
}
