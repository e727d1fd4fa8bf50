import type { BatchKind } from './batch-kind.ts'
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
  /** What only some tasks feed, by the names of the program's inputs; see `batch-kind.ts`. */
  readonly extra?: Readonly<Record<string, Int32Array | Float32Array>>
}

/** Positions a sample is fed with: when text is continued, its last token is only ever a target. */
export function inputLength({ ids, task, partner, parts }: Sample): number {
  if (parts) return parts.reduce((total, part) => total + inputLength(part), 0)
  return task ? Math.max(ids.length, partner?.ids.length ?? 0) : ids.length - 1
}

/** Labels of a sample; of text the tokens after the prompt, but for the very first, which is predicted by nothing. */
export function labelCount({ ids, promptLength, given, task, parts }: Sample): number {
  if (parts) return parts.reduce((total, part) => total + labelCount(part), 0)
  if (task) return task.at.length
  const later = (given ?? []).reduce((total, { from, to }) => total + to - from, 0)
  return Math.max(0, ids.length - Math.max(1, promptLength) - later)
}

const PLAIN: BatchKind = { sequences: 1, tokenTypes: false, packed: false, values: 0, groups: false }

/** Lays samples into the arrays of one batch; the caller has seen to it that they fit. */
export function assemble(samples: readonly Sample[], shape: BatchShape, kind: BatchKind = PLAIN): Batch {
  const arrays = emptyArrays(shape, kind)
  const totals = { tokens: 0, slot: 0, rows: 0 }
  samples.forEach((sample, b) => {
    let start = b * shape.length
    for (const [i, part] of (sample.parts ?? [sample]).entries()) {
      totals.tokens += layText(arrays, part, start, kind.packed ? i + 1 : 1)
      if (part.partner) totals.tokens += layText(arrays, part.partner, (shape.batch + b) * shape.length, 1)
      totals.slot = layLabels(arrays, part, start, totals.slot, totals.rows++, kind)
      start += inputLength(part)
    }
  })
  const { inputIds, attentionMask, labelPositions, labelTargets, labelWeights, labelRows, ...rest } = arrays
  const extra = Object.fromEntries(Object.entries(rest).filter(([, array]) => array.length > 0))
  const labels = { inputIds, attentionMask, labelPositions, labelTargets, labelWeights, labelRows }
  return { shape, ...labels, tokens: totals.tokens, labelCount: totals.slot, rows: totals.rows, extra }
}

type Arrays = ReturnType<typeof emptyArrays>

function emptyArrays(
  { batch, length, labels }: BatchShape,
  { sequences, tokenTypes, packed, values, groups }: BatchKind,
) {
  const tokens = sequences * batch * length
  return {
    inputIds: new Int32Array(tokens),
    attentionMask: new Int32Array(tokens),
    labelPositions: new Int32Array(labels),
    labelTargets: new Int32Array(labels),
    labelWeights: new Float32Array(labels),
    labelRows: new Int32Array(labels),
    tokenTypes: new Int32Array(tokenTypes ? tokens : 0),
    tokenPositions: new Int32Array(packed ? tokens : 0),
    labelValues: new Float32Array(labels * values),
    // Filler has a number of its own that no text has.
    labelGroups: new Int32Array(groups ? labels : 0).fill(-1),
  }
}

/** Lays the fed tokens of a text from `start` on; answers with their number. */
function layText(arrays: Arrays, text: Pick<Sample, 'ids' | 'types' | 'task'>, start: number, segment: number): number {
  const fed = 'promptLength' in text && !text.task ? text.ids.length - 1 : text.ids.length
  arrays.inputIds.set(text.ids.subarray(0, fed), start)
  arrays.attentionMask.fill(segment, start, start + fed)
  if (arrays.tokenTypes.length > 0 && text.types) arrays.tokenTypes.set(text.types.subarray(0, fed), start)
  if (arrays.tokenPositions.length > 0) for (let t = 0; t < fed; t++) arrays.tokenPositions[start + t] = t
  return fed
}

/** Lays the labels of a sample from slot `from` on; answers with the next free slot. */
function layLabels(arrays: Arrays, sample: Sample, start: number, from: number, row: number, kind: BatchKind): number {
  let slot = from
  const lay = (at: number, target: number) => {
    arrays.labelPositions[slot] = start + at
    arrays.labelTargets[slot] = target
    arrays.labelWeights[slot] = 1
    arrays.labelRows[slot] = row
    slot++
  }
  const { task } = sample
  if (!task) {
    let learnt = Math.max(1, sample.promptLength)
    for (const { from, to } of [...(sample.given ?? []), { from: sample.ids.length, to: 0 }]) {
      for (; learnt < from; learnt++) lay(learnt - 1, sample.ids[learnt] as number)
      learnt = to
    }
    return slot
  }
  task.at.forEach((at, i) => {
    // Pairs: the right answer of row i is its own partner, and it is judged as a whole.
    lay(sample.partner ? 0 : at, sample.partner ? from : (task.classes[i] as number))
  })
  if (task.values && kind.values > 0) arrays.labelValues.set(task.values.subarray(0, kind.values), from * kind.values)
  if (kind.groups) arrays.labelGroups[from] = task.classes[0] as number
  return slot
}
