import fc from 'fast-check'
import { expect, test } from 'vitest'
import { linearScale, logScale, niceTicks } from '../../../../renderer/charts/scale.ts'

test('linear ticks are round and cover the values', () => {
  expect(linearScale(0, 2.7)).toEqual({ domain: [0, 3], ticks: [0, 1, 2, 3] })
  expect(linearScale(0.31, 0.47)).toEqual({ domain: [0.3, 0.5], ticks: [0.3, 0.35, 0.4, 0.45, 0.5] })
})

test('a single value still gets an axis', () => {
  const { domain } = linearScale(0.5, 0.5)
  expect(domain[0]).toBeLessThan(0.5)
  expect(domain[1]).toBeGreaterThan(0.5)
})

test('every linear scale covers its values with few ticks', () => {
  const number = fc.double({ noNaN: true, min: -1e6, max: 1e6 })
  fc.assert(
    fc.property(number, fc.double({ noNaN: true, min: 1e-3, max: 1e6 }), (low, span) => {
      const { domain, ticks } = linearScale(low, low + span)
      expect(domain[0]).toBeLessThanOrEqual(low + span * 1e-6)
      expect(domain[1]).toBeGreaterThanOrEqual((low + span) * (1 - Math.sign(low + span) * 1e-9) - span * 1e-6)
      expect(ticks.length).toBeLessThanOrEqual(7)
    }),
  )
})

test('logarithmic ticks are 1, 2 and 5 within a few decades, and the powers above', () => {
  expect(logScale(0.3, 2.5).ticks).toEqual([0.2, 0.5, 1, 2, 5])
  expect(logScale(0.02, 6).ticks).toEqual([0.01, 0.1, 1, 10])
  expect(logScale(1, 1).ticks).toEqual([0.5, 1, 2])
  expect(logScale(1e-6, 0.3).ticks).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1])
})

test('ticks inside a range are round and never outside it', () => {
  expect(niceTicks(0, 600, 5)).toEqual([0, 200, 400, 600])
  expect(niceTicks(130, 410, 5)).toEqual([200, 300, 400])
  expect(niceTicks(0, 0.35, 5)).toEqual([0, 0.1, 0.2, 0.3])
})

test('values that differ by rounding alone still get an axis with ticks that differ', () => {
  const { ticks } = linearScale(2.525906252520173, 2.525906252520174)
  expect(new Set(ticks).size).toBe(ticks.length)
})
