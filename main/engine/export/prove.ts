import { dirname } from 'node:path'
import type { MergeProof } from '../../../shared/domain/export.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { ADAPTERS } from '../adapters/index.ts'
import type { Batch } from '../data/batches.ts'
import { loadPrompts } from '../data/load-data.ts'
import { openModelFolder } from '../formats/model-folder.ts'
import type { Backend } from '../ir/executable.ts'
import type { Model } from '../models/model.ts'
import { baseWeights } from '../train/base-weights.ts'
import { openCheckpoint } from '../train/checkpoint.ts'
import { initialValues } from '../train/initial-values.ts'
import { openSession, type Session } from '../train/session.ts'
import { targetLinears } from '../train/targets.ts'
import { reopenTask } from '../train/task.ts'
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
  const task = reopenTask(config, dirname(checkpoint))
  const { description } = task.model
  const batches = loadPrompts(config, description, task.labels, PROMPTS, POSITIONS)
  const adapted = await logitsOf(
    await openInference(backend, config, task.model, config.model_name_or_path, checkpoint, batches),
    batches,
  )
  const plain: RunConfig = { ...config, method: 'full', quantization: 'none' }
  const { model } = reopenTask(config, dirname(checkpoint), merged)
  const alone = await logitsOf(await openInference(backend, plain, model, merged, null, batches), batches)
  const comparison = compareLogits(description.outputs)
  batches.forEach((batch, i) => {
    comparison.add(adapted[i] as Float32Array, alone[i] as Float32Array, comparedRows(config, batch), batch.rows)
  })
  return comparison.proof()
}

/** 1 for the rows of logits that count: real tokens, or labels that are no filler. */
function comparedRows({ task_type: task }: RunConfig, batch: Batch): Int32Array {
  if (task === 'CAUSAL_LM') return batch.attentionMask
  if (task !== 'FEATURE_EXTRACTION') return Int32Array.from(batch.labelWeights)
  const { batch: pairs } = batch.shape
  return Int32Array.from({ length: 2 * pairs }, (_, i) => (i % pairs < batch.rows ? 1 : 0))
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
  model: Model,
  folder: string,
  checkpoint: string | null,
  batches: readonly Batch[],
): Promise<Session> {
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
  const weights = baseWeights(openModelFolder(folder), model.description, config.seed)
  const opened = checkpoint === null ? null : openCheckpoint(checkpoint, session.layout, settings, false)
  await session.load(initialValues(weights, session.layout, config.seed, opened?.value), false)
  opened?.close()
  weights.close()
  return session
}
