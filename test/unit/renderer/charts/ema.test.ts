import fc from 'fast-check'
import { expect, test } from 'vitest'
import { debiasedEma } from '../../../../renderer/charts/ema.ts'

const readings = (values: readonly number[]) => values.map((value, step) => ({ step, value }))
const averages = (values: readonly number[], smoothing: number, span = 1000) =>
  debiasedEma(readings(values), smoothing, span).map(({ value }) => value)

test('a constant stays what it is from the first value on', () => {
  for (const value of averages(Array(50).fill(3.5), 0.95)) expect(value).toBeCloseTo(3.5, 12)
})

test('the second value is the weighted mean of both', () => {
  const [first, second] = averages([4, 1], 0.5)
  expect(first).toBe(4)
  expect(second).toBeCloseTo((0.25 * 4 + 0.5 * 1) / 0.75, 12)
})

test('without smoothing the values come back', () => {
  expect(averages([3, 1, 2], 0)).toEqual([3, 1, 2])
})

test('a short run is smoothed less a step than a long one', () => {
  const step = [...Array(20).fill(1), ...Array(20).fill(0)]
  const short = averages(step, 0.9, 40).at(-1) as number
  const long = averages(step, 0.9, 4000).at(-1) as number
  expect(short).toBeLessThan(1e-6)
  expect(long).toBeGreaterThan(0.3)
})

test('every second reading of a slow curve gives nearly the same average', () => {
  const curve = Array.from({ length: 1001 }, (_, step) => ({ step, value: Math.exp(-step / 300) }))
  const all = debiasedEma(curve, 0.9, 1000).at(-1)?.value as number
  const half = debiasedEma(
    curve.filter(({ step }) => step % 2 === 0),
    0.9,
    1000,
  ).at(-1)?.value as number
  expect(half / all).toBeCloseTo(1, 2)
})

test('the average stays between the smallest and the largest value so far', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, min: -1e3, max: 1e3 }), { minLength: 1 }),
      fc.double({ noNaN: true, min: 0, max: 0.99 }),
      fc.integer({ min: 1, max: 100_000 }),
      (values, smoothing, span) => {
        averages(values, smoothing, span).forEach((average, i) => {
          const seen = values.slice(0, i + 1)
          expect(average).toBeGreaterThanOrEqual(Math.min(...seen) - 1e-6)
          expect(average).toBeLessThanOrEqual(Math.max(...seen) + 1e-6)
        })
      },
    ),
  )
})
