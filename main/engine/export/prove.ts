import type { MergeProof } from '../../../shared/domain/export.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Batch } from '../data/batches.ts'
import type { Backend } from '../ir/executable.ts'
import { openInference } from '../train/inference.ts'
import type { Session } from '../train/session.ts'
import type { MergeSource } from './merge-source.ts'
import { compareLogits } from './proof.ts'

/** Answers of base plus adapter to prompts; the function reads a merged folder back and runs it beside them, in float32. */
export async function openProof(
  backend: Backend,
  source: MergeSource,
): Promise<(merged: string) => Promise<MergeProof>> {
  const { config, checkpoint } = source
  const task = await source.task(config.model_name_or_path)
  const { description } = task.model
  const batches = await source.prompts(task)
  const shapes = batches.map(({ shape }) => shape)
  // Held as in the run, but compared in float32: bfloat16 products round more than a wrong merge might show.
  const held: RunConfig = { ...config, bf16: false, dtype: config.bf16 ? 'bfloat16' : config.dtype }
  const base = { config: held, model: task.model, folder: config.model_name_or_path, checkpoint, shapes }
  const adapted = await logitsOf(await openInference(backend, base), batches)
  const plain: RunConfig = { ...config, method: 'full', quantization: 'none', dtype: 'float32', bf16: false }
  return async (merged) => {
    const { model } = await source.task(merged)
    const request = { config: plain, model, folder: merged, checkpoint: null, shapes }
    const alone = await logitsOf(await openInference(backend, request), batches)
    const comparison = compareLogits(description.outputs)
    batches.forEach((batch, i) => {
      comparison.add(adapted[i] as Float32Array, alone[i] as Float32Array, comparedRows(config, batch), batch.rows)
    })
    return comparison.proof()
  }
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
