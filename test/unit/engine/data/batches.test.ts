import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Batch, evalBatches, planBatches } from '../../../../main/engine/data/batches.ts'
import { chooseLengths } from '../../../../main/engine/data/buckets.ts'
import type { Sample } from '../../../../main/engine/data/samples.ts'

/** Samples whose first token is their number, so that they can be told apart in a batch. */
const anySamples = fc
  .array(fc.tuple(fc.integer({ min: 2, max: 90 }), fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 1,
    maxLength: 70,
  })
  .map((sizes) =>
    sizes.map(([length, share], i): Sample => {
      const ids = Int32Array.from({ length }, (_, t) => (t === 0 ? i + 1 : 1000 + ((i * 31 + t) % 500)))
      return { ids, promptLength: Math.floor(share * (length - 1)) }
    }),
  )
const anyOptions = fc.record({
  batchSize: fc.integer({ min: 1, max: 9 }),
  accumulation: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(),
  maxShapes: fc.integer({ min: 1, max: 4 }),
})

/** The samples of a batch, put together again from its arrays, and a check that everything else is filler. */
function unpack({ shape, ...batch }: Batch): Sample[] {
  const rows = Array.from({ length: shape.batch }, (_, b) => {
    const fed = batch.attentionMask.slice(b * shape.length, (b + 1) * shape.length).reduce((a, x) => a + x, 0)
    return { start: b * shape.length, fed, ids: [...batch.inputIds.slice(b * shape.length, b * shape.length + fed)] }
  })
  const labels = [...batch.labelWeights.keys()].filter((slot) => batch.labelWeights[slot] !== 0)
  expect(labels).toHaveLength(batch.labelCount)
  const firsts = rows.map(() => Number.POSITIVE_INFINITY)
  for (const slot of labels) {
    const position = batch.labelPositions[slot] as number
    const b = Math.floor(position / shape.length)
    const row = rows[b] as (typeof rows)[0]
    const t = position - row.start
    if (batch.labelRows[slot] !== b) throw new Error(`slot ${slot} says row ${batch.labelRows[slot]}, lies in row ${b}`)
    if (t + 1 < row.fed && row.ids[t + 1] !== batch.labelTargets[slot]) throw new Error(`slot ${slot}: wrong target`)
    if (t + 1 >= row.fed) row.ids.push(batch.labelTargets[slot] as number)
    firsts[b] = Math.min(firsts[b] as number, t + 1)
  }
  const filler = [batch.labelPositions, batch.labelTargets, batch.labelRows].map((all) =>
    all.subarray(batch.labelCount),
  )
  expect(filler.every((values) => values.every((value) => value === 0))).toBe(true)
  expect(rows.slice(batch.rows).every(({ fed }) => fed === 0)).toBe(true)
  expect(batch.tokens).toBe(rows.reduce((sum, { fed }) => sum + fed, 0))
  return rows
    .slice(0, batch.rows)
    .map(({ ids }, b) => ({ ids: Int32Array.from(ids), promptLength: firsts[b] as number }))
}

const canonical = ({ ids, promptLength }: Sample) => JSON.stringify([Math.max(1, promptLength), ...ids])
const isKnown = (shapes: readonly unknown[], batch: Batch) => shapes.includes(batch.shape)

test('every sample comes exactly once an epoch, whole, in a known shape', () => {
  fc.assert(
    fc.property(anySamples, anyOptions, (samples, options) => {
      const plan = planBatches(samples, options)
      expect(plan.shapes.length).toBeLessThanOrEqual(options.maxShapes)
      expect(plan.stepsPerEpoch).toBe(
        Math.ceil(Math.ceil(samples.length / Math.min(options.batchSize, samples.length)) / options.accumulation),
      )
      for (const epoch of [0, 1]) {
        const steps = Array.from({ length: plan.stepsPerEpoch }, (_, i) =>
          plan.stepBatches(epoch * plan.stepsPerEpoch + i),
        )
        for (const micro of steps) expect(micro.length).toBeLessThanOrEqual(options.accumulation)
        const batches = steps.flat()
        expect(batches.every((batch) => isKnown(plan.shapes, batch) && batch.rows > 0)).toBe(true)
        expect(plan.shapes.every((shape) => batches.some((batch) => batch.shape === shape))).toBe(true)
        expect(batches.flatMap(unpack).map(canonical).sort()).toEqual(samples.map(canonical).sort())
      }
    }),
    { numRuns: 80 },
  )
})

test('all dimensions of a shape but the batch are multiples of 8, and labels never exceed the positions', () => {
  fc.assert(
    fc.property(anySamples, anyOptions, (samples, options) => {
      for (const { batch, length, labels } of planBatches(samples, options).shapes) {
        expect([length % 8, labels % 8]).toEqual([0, 0])
        expect(labels).toBeLessThanOrEqual(batch * length)
      }
    }),
  )
})

test('a step has the same batches whenever and in whatever order it is asked for', () => {
  fc.assert(
    fc.property(anySamples, anyOptions, fc.array(fc.nat(40), { maxLength: 6 }), (samples, options, steps) => {
      const plan = planBatches(samples, options)
      for (const step of steps) {
        deepStrictEqual(plan.stepBatches(step), planBatches(samples, options).stepBatches(step))
      }
    }),
    { numRuns: 50 },
  )
})

test('the order changes with the epoch and with the seed, and lengths are mixed over the epoch', () => {
  const samples = Array.from(
    { length: 256 },
    (_, i): Sample => ({ ids: new Int32Array(10 + (i % 4) * 20).fill(i), promptLength: 1 }),
  )
  const order = (seed: number, epoch: number) => {
    const plan = planBatches(samples, { batchSize: 8, accumulation: 1, seed })
    return Array.from({ length: 32 }, (_, i) => plan.stepBatches(epoch * 32 + i)[0] as Batch)
  }
  const firsts = (batches: Batch[]) => batches.map(({ inputIds }) => inputIds[0])
  expect(firsts(order(1, 0))).not.toEqual(firsts(order(1, 1)))
  expect(firsts(order(1, 0))).not.toEqual(firsts(order(2, 0)))
  const lengths = order(1, 0).map(({ shape }) => shape.length)
  expect(lengths).not.toEqual([...lengths].sort((a, b) => a - b))
  expect(new Set(lengths).size).toBe(4)
})

test('paddingShare is the share of positions without a token over an epoch', () => {
  fc.assert(
    fc.property(anySamples, anyOptions, (samples, options) => {
      const plan = planBatches(samples, options)
      const batches = Array.from({ length: plan.stepsPerEpoch }, (_, i) => plan.stepBatches(i)).flat()
      const positions = batches.reduce((sum, { inputIds }) => sum + inputIds.length, 0)
      const tokens = batches.reduce((sum, batch) => sum + batch.tokens, 0)
      expect(plan.paddingShare).toBeCloseTo(1 - tokens / positions, 12)
    }),
    { numRuns: 30 },
  )
})

test('evaluation sees every sample once, always in the same order, in the shapes it announced', () => {
  fc.assert(
    fc.property(anySamples, fc.integer({ min: 1, max: 9 }), (samples, batchSize) => {
      const plan = evalBatches(samples, { batchSize })
      const batches = [...plan.batches()]
      expect(batches.flatMap(unpack).map(canonical).sort()).toEqual(samples.map(canonical).sort())
      expect(batches.every((batch) => isKnown(plan.shapes, batch))).toBe(true)
      deepStrictEqual([...evalBatches(samples, { batchSize }).batches()], batches)
    }),
  )
})

test('buckets are as good as the best of all choices', () => {
  const cost = (lengths: readonly number[], buckets: readonly number[]) =>
    lengths.reduce((sum, length) => sum + (buckets.find((bucket) => length <= bucket) ?? Number.POSITIVE_INFINITY), 0)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 30 }), (lengths) => {
      const top = Math.ceil(Math.max(...lengths) / 8) * 8
      const chosen = chooseLengths(lengths, 3, 1)
      expect(chosen.at(-1)).toBe(top)
      let best = cost(lengths, [top])
      for (let a = 8; a < top; a += 8)
        for (let b = a; b < top; b += 8) best = Math.min(best, cost(lengths, [a, b, top]))
      // A bucket more is only taken when it saves more than 3 %.
      expect(cost(lengths, chosen)).toBeLessThanOrEqual(best * 1.03)
    }),
  )
})
