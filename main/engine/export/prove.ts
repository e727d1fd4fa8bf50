import type { MergeProof } from '../../../shared/domain/export.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { ADAPTERS } from '../adapters/index.ts'
import type { Batch } from '../data/batches.ts'
import { loadPrompts } from '../data/load-data.ts'
import { openModelFolder, readConfig } from '../formats/model-folder.ts'
import type { Backend } from '../ir/executable.ts'
import { modelFromConfig } from '../models/index.ts'
import { openCheckpoint } from '../train/checkpoint.ts'
import { initialValues } from '../train/initial-values.ts'
import { openSession, type Session } from '../train/session.ts'
import { targetLinears } from '../train/targets.ts'
import { compareLogits } from './proof.ts'

/** Prompts compared, and how much of each: enough to see any fault, little enough to take seconds. */
const PROMPTS = 8
const POSITIONS = 64

/**
 * Reads the merged folder back and runs it beside base plus adapter on rows of the run's own data; both as float32 on
 * the same backend.
 */
export async function proveMerge(
  backend: Backend,
  config: RunConfig,
  checkpoint: string,
  merged: string,
): Promise<MergeProof> {
  const { vocabSize, maxPositions } = modelFromConfig(readConfig(merged)).description
  const batches = loadPrompts(config, { vocabSize, maxPositions }, PROMPTS, POSITIONS)
  const adapted = await logitsOf(
    await openInference(backend, config, config.model_name_or_path, checkpoint, batches),
    batches,
  )
  const plain: RunConfig = { ...config, method: 'full' }
  const alone = await logitsOf(await openInference(backend, plain, merged, null, batches), batches)
  const comparison = compareLogits(vocabSize)
  batches.forEach((batch, i) => {
    comparison.add(adapted[i] as Float32Array, alone[i] as Float32Array, batch.attentionMask, batch.rows)
  })
  return comparison.proof()
}

async function logitsOf(session: Session, batches: readonly Batch[]): Promise<Float32Array[]> {
  const all: Float32Array[] = []
  for (const batch of batches) all.push(await session.logits(batch))
  session.executable.dispose()
  return all
}

/** A session without optimizer state: the model in `folder`, with a checkpoint's trainables on it if one is given. */
async function openInference(
  backend: Backend,
  config: RunConfig,
  folder: string,
  checkpoint: string | null,
  batches: readonly Batch[],
): Promise<Session> {
  const model = modelFromConfig(readConfig(folder))
  const settings = { ...config, trajectory_steps: 0 }
  const session = await openSession(backend, {
    model,
    targets: checkpoint === null ? [] : targetLinears(model.description, config),
    method: ADAPTERS[config.method],
    config: settings,
    trainShapes: [],
    evalShapes: [],
    logitShapes: batches.map(({ shape }) => shape),
  })
  const weights = openModelFolder(folder)
  const opened = checkpoint === null ? null : openCheckpoint(checkpoint, session.layout, settings, false)
  await session.load(initialValues(weights, session.layout, config.seed, opened?.value), false)
  opened?.close()
  weights.close()
  return session
}
