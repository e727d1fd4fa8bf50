import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { assemble, type Batch, labelCount } from '../data/assemble.ts'
import { batchKind } from '../data/batch-kind.ts'
import { roundUp } from '../data/buckets.ts'
import type { Sample } from '../data/samples.ts'
import type { ModelDescription } from '../models/model.ts'
import { seededRandom } from '../random.ts'
import { PROOF } from './merge-source.ts'

/** Batches of one row of random tokens each, always the same, for a comparison of two models without any data. */
export function randomPrompts(config: RunConfig, description: ModelDescription): Batch[] {
  const random = seededRandom(config.seed, 'prompts')
  const length = Math.min(PROOF.positions, description.maxPositions)
  const text = (size: number) => ({
    ids: Int32Array.from({ length: size }, () => Math.floor(random() * description.vocabSize)),
    types: new Int32Array(size),
  })
  return Array.from({ length: PROOF.prompts }, () => {
    const sample = sampleOf(config, description, length, text)
    const shape = { batch: 1, length, labels: roundUp(labelCount(sample)) }
    return assemble([sample], shape, batchKind(config, description))
  })
}

type MakeText = (size: number) => { readonly ids: Int32Array; readonly types: Int32Array }

/** A row as the task has it: judged at every token, or as a whole. */
function sampleOf({ task_type: task }: RunConfig, model: ModelDescription, length: number, text: MakeText): Sample {
  if (task === 'CAUSAL_LM') return { ids: text(length + 1).ids, promptLength: 0 }
  const whole = model.bidirectional === true ? 0 : length - 1
  const at = Int32Array.from(task === 'TOKEN_CLS' ? { length } : [whole], (_, i) => (task === 'TOKEN_CLS' ? i : whole))
  const labels = { at, classes: new Int32Array(at.length), values: null }
  const pair = task === 'FEATURE_EXTRACTION' ? { partner: text(length) } : {}
  return { ...text(length), promptLength: 0, task: labels, ...pair }
}
