import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clampRange, panBy, ZOOM_KEYS, zoomBy } from '../../../../renderer/charts/zoom.ts'

const FULL = { from: 0, to: 1000 }

test('zooming in halves the range around its middle, and out again doubles it', () => {
  expect(zoomBy(FULL, FULL, 0.5)).toEqual({ from: 250, to: 750 })
  expect(zoomBy({ from: 250, to: 350 }, FULL, 2)).toEqual({ from: 200, to: 400 })
})

test('a range as long as the run is the whole run', () => {
  expect(zoomBy({ from: 250, to: 750 }, FULL, 2)).toBeNull()
  expect(ZOOM_KEYS['0']?.({ from: 1, to: 2 }, FULL)).toBeNull()
})

test('moving stops at the ends of the run', () => {
  expect(panBy({ from: 900, to: 1000 }, FULL, 0.5)).toEqual({ from: 900, to: 1000 })
  expect(panBy({ from: 100, to: 300 }, FULL, -1)).toEqual({ from: 0, to: 200 })
})

test('a clamped range is whole, at least two steps long and inside the run', () => {
  const step = fc.double({ min: -5000, max: 5000, noNaN: true })
  fc.assert(
    fc.property(step, step, (a, b) => {
      const range = clampRange({ from: Math.min(a, b), to: Math.max(a, b) }, FULL)
      if (range === null) return
      expect(Number.isInteger(range.from) && Number.isInteger(range.to)).toBe(true)
      expect(range.to - range.from).toBeGreaterThanOrEqual(2)
      expect(range.from).toBeGreaterThanOrEqual(0)
      expect(range.to).toBeLessThanOrEqual(1000)
    }),
  )
})
