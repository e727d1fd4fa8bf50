import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gaussian, seededRandom, shuffled } from '../../../main/engine/random.ts'

const draw = (random: () => number, n: number) => Array.from({ length: n }, random)
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

test('the same seed and stream give the same numbers, other seeds and streams others', () => {
  expect(draw(seededRandom(42, 'a'), 5)).toEqual(draw(seededRandom(42, 'a'), 5))
  expect(draw(seededRandom(42, 'a'), 5)).not.toEqual(draw(seededRandom(43, 'a'), 5))
  expect(draw(seededRandom(42, 'a'), 5)).not.toEqual(draw(seededRandom(42, 'b'), 5))
})

test('the first numbers stay what they are, or old runs could not be repeated', () => {
  expect(draw(seededRandom(42, 'order/0'), 3).map((u) => u * 2 ** 32)).toEqual([679163359, 3121423994, 923860590])
})

test('uniform numbers lie in [0, 1) with mean 1/2 and variance 1/12', () => {
  const values = draw(seededRandom(7, 'uniform'), 200_000)
  expect(values.every((u) => u >= 0 && u < 1)).toBe(true)
  expect(mean(values)).toBeCloseTo(1 / 2, 2)
  expect(mean(values.map((u) => (u - 0.5) ** 2))).toBeCloseTo(1 / 12, 3)
})

test('streams of one seed do not correlate', () => {
  const [a, b] = ['layers.0', 'layers.1'].map((stream) => draw(seededRandom(1, stream), 50_000)) as [number[], number[]]
  expect(Math.abs(mean(a.map((u, i) => (u - 0.5) * ((b[i] as number) - 0.5))) * 12)).toBeLessThan(0.02)
})

test('gaussian numbers have mean 0, variance 1 and kurtosis 3', () => {
  const values = draw(gaussian(seededRandom(7, 'normal')), 200_000)
  expect(mean(values)).toBeCloseTo(0, 1.5)
  expect(mean(values.map((x) => x * x))).toBeCloseTo(1, 1)
  expect(mean(values.map((x) => x ** 4))).toBeCloseTo(3, 0.5)
})

test('a shuffle keeps every item and changes nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
      const copy = [...items]
      const mixed = shuffled(items, seededRandom(seed, 'shuffle'))
      expect(items).toEqual(copy)
      expect([...mixed].sort((a, b) => a - b)).toEqual(copy.sort((a, b) => a - b))
    }),
  )
})
