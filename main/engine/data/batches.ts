import { seededRandom, shuffled } from '../random.ts'
import { assemble, type Batch, type BatchShape, inputLength, labelCount } from './assemble.ts'
import type { BatchKind } from './batch-kind.ts'
import { chooseLengths, roundUp } from './buckets.ts'
import type { Sample } from './samples.ts'

export type { Batch, BatchShape } from './assemble.ts'

export type BatchOptions = {
  /** Rows of a micro-batch. */
  readonly batchSize: number
  /** Micro-batches of an optimizer step. */
  readonly accumulation: number
  readonly seed: number
  /** At most so many static shapes; 4 unless told. */
  readonly maxShapes?: number
  /** What the batches hold beside the text; text alone unless told. */
  readonly kind?: BatchKind
}

/** Training order: a pure function of samples, options and step, so a resumed run goes on exactly. */
export type BatchPlan = {
  readonly shapes: readonly BatchShape[]
  /** Micro-batches of an epoch in each of the shapes. */
  readonly counts: readonly number[]
  readonly stepsPerEpoch: number
  /** Share of positions that are padding, 0 to 1. */
  readonly paddingShare: number
  /** The micro-batches of optimizer step `step`, counted from 0 over all epochs; the last step of an epoch may have fewer. */
  readonly stepBatches: (step: number) => Batch[]
}

export type EvalPlan = {
  readonly shapes: readonly BatchShape[]
  /** Batches in each of the shapes. */
  readonly counts: readonly number[]
  readonly batches: () => Iterable<Batch>
}

/** One batch to be: which samples, in which shape. */
type Group = { readonly rows: readonly number[]; readonly shape: BatchShape }

const defaultShapes = 4

/** Plans training batches of similar lengths; every sample comes exactly once an epoch. */
export function planBatches(samples: readonly Sample[], options: BatchOptions): BatchPlan {
  const { batchSize, accumulation, seed, maxShapes = defaultShapes, kind } = options
  const shapes = bucketShapes(samples, batchSize, maxShapes)
  const epochGroups = (epoch: number) => {
    const random = seededRandom(seed, `order/${epoch}`)
    return shuffled(groupRows(samples, shuffled([...samples.keys()], random), shapes), random)
  }
  let current = { epoch: 0, groups: epochGroups(0) }
  const stepsPerEpoch = Math.ceil(current.groups.length / accumulation)
  const used = usedShapes(shapes, current.groups)
  return {
    shapes: used,
    counts: countsOf(used, current.groups),
    stepsPerEpoch,
    paddingShare: paddingShare(samples, current.groups),
    stepBatches: (step) => {
      const epoch = Math.floor(step / stepsPerEpoch)
      if (epoch !== current.epoch) current = { epoch, groups: epochGroups(epoch) }
      const first = (step % stepsPerEpoch) * accumulation
      return current.groups.slice(first, first + accumulation).map((group) => build(samples, group, kind))
    },
  }
}

/** Batches for evaluation, in a fixed order; made one at a time. */
export function evalBatches(
  samples: readonly Sample[],
  { batchSize, maxShapes = defaultShapes, kind }: Pick<BatchOptions, 'batchSize' | 'maxShapes' | 'kind'>,
): EvalPlan {
  const order = [...samples.keys()].sort((a, b) => inputLength(at(samples, a)) - inputLength(at(samples, b)) || a - b)
  const loose = groupRows(samples, order, bucketShapes(samples, batchSize, maxShapes))
  // The groups never change here, so the label slots are what the fullest of them needs, not a bound.
  const slots = new Map<BatchShape, number>()
  for (const { rows, shape } of loose) {
    const labels = rows.reduce((sum, row) => sum + labelCount(at(samples, row)), 0)
    slots.set(shape, Math.max(slots.get(shape) ?? 0, labels))
  }
  const exact = new Map([...slots].map(([shape, labels]) => [shape, { ...shape, labels: roundUp(labels) }]))
  const groups = loose.map(({ rows, shape }) => ({ rows, shape: exact.get(shape) as BatchShape }))
  const used = [...exact.values()]
  return {
    shapes: used,
    counts: countsOf(used, groups),
    *batches() {
      for (const group of groups) yield build(samples, group, kind)
    },
  }
}

const at = (samples: readonly Sample[], row: number) => samples[row] as Sample

const build = (samples: readonly Sample[], { rows, shape }: Group, kind: BatchKind | undefined) =>
  assemble(
    rows.map((row) => at(samples, row)),
    shape,
    kind,
  )

/** One shape a length bucket, ascending; label slots for the worst batch that can come together in it. */
function bucketShapes(samples: readonly Sample[], batchSize: number, maxShapes: number): BatchShape[] {
  const batch = Math.min(batchSize, samples.length)
  return chooseLengths(samples.map(inputLength), maxShapes, batch).map((length) => {
    const fitting = samples.filter((sample) => inputLength(sample) <= length)
    const fullest = fitting.map(labelCount).sort((a, b) => b - a)
    const worst = fullest.slice(0, batch).reduce((sum, labels) => sum + labels, 0)
    return { batch, length, labels: roundUp(worst) }
  })
}

/**
 * Cuts the rows, in the given order, into batches of the smallest bucket that holds each. What does not fill a batch
 * moves on to the next longer bucket, so that only the very last batch can be incomplete.
 */
function groupRows(samples: readonly Sample[], order: readonly number[], shapes: readonly BatchShape[]): Group[] {
  const buckets = shapes.map((): number[] => [])
  for (const row of order) {
    const length = inputLength(at(samples, row))
    buckets[shapes.findIndex((shape) => length <= shape.length)]?.push(row)
  }
  const groups: Group[] = []
  let carried: number[] = []
  shapes.forEach((shape, i) => {
    const rows = [...carried, ...(buckets[i] as number[])]
    const last = i === shapes.length - 1
    const full = last ? rows.length : rows.length - (rows.length % shape.batch)
    for (let start = 0; start < full; start += shape.batch)
      groups.push({ rows: rows.slice(start, start + shape.batch), shape })
    carried = rows.slice(full)
  })
  return groups
}

/** How many rows fall into a bucket is the same in every epoch, so the shapes used are too. */
const usedShapes = (shapes: readonly BatchShape[], groups: readonly Group[]) =>
  shapes.filter((shape) => groups.some((group) => group.shape === shape))

const countsOf = (shapes: readonly BatchShape[], groups: readonly Group[]) =>
  shapes.map((shape) => groups.filter((group) => group.shape === shape).length)

function paddingShare(samples: readonly Sample[], groups: readonly Group[]): number {
  const positions = groups.reduce((sum, { shape }) => sum + shape.batch * shape.length, 0)
  const real = samples.reduce((sum, sample) => sum + inputLength(sample), 0)
  return positions === 0 ? 0 : 1 - real / positions
}
