import type { Sample } from './samples.ts'

/** Static sizes of a batch: B sequences of T positions, L label slots. */
export type BatchShape = { readonly batch: number; readonly length: number; readonly labels: number }

/** Rows padded on the right to a static shape; everything a filler touches has mask or weight 0. */
export type Batch = {
  readonly shape: BatchShape
  /** [B*T] */
  readonly inputIds: Int32Array
  /** [B*T], 1 for real tokens. */
  readonly attentionMask: Int32Array
  /** [L], flat index b*T + t whose next token is the target. */
  readonly labelPositions: Int32Array
  /** [L] */
  readonly labelTargets: Int32Array
  /** [L], 0 for filler. */
  readonly labelWeights: Float32Array
  /** [L], row b of the label; 0 for filler. */
  readonly labelRows: Int32Array
  /** Real tokens, real labels, real rows. */
  readonly tokens: number
  readonly labelCount: number
  readonly rows: number
}

/** Positions a sample is fed with: its last token is only ever a target. */
export const inputLength = ({ ids }: Sample): number => ids.length - 1

/** Tokens of a sample that are trained on: those after the prompt; the very first token is predicted by nothing. */
export const labelCount = ({ ids, promptLength }: Sample): number => ids.length - Math.max(1, promptLength)

/** Lays samples into the arrays of one batch; the caller has seen to it that they fit. */
export function assemble(samples: readonly Sample[], shape: BatchShape): Batch {
  const { batch, length, labels } = shape
  const inputIds = new Int32Array(batch * length)
  const attentionMask = new Int32Array(batch * length)
  const labelPositions = new Int32Array(labels)
  const labelTargets = new Int32Array(labels)
  const labelWeights = new Float32Array(labels)
  const labelRows = new Int32Array(labels)
  let tokens = 0
  let slot = 0
  samples.forEach((sample, b) => {
    const fed = inputLength(sample)
    const start = b * length
    inputIds.set(sample.ids.subarray(0, fed), start)
    attentionMask.fill(1, start, start + fed)
    tokens += fed
    for (let target = Math.max(1, sample.promptLength); target <= fed; target++) {
      labelPositions[slot] = start + target - 1
      labelTargets[slot] = sample.ids[target] as number
      labelWeights[slot] = 1
      labelRows[slot] = b
      slot++
    }
  })
  const counts = { tokens, labelCount: slot, rows: samples.length }
  return { shape, inputIds, attentionMask, labelPositions, labelTargets, labelWeights, labelRows, ...counts }
}
