import { expect, test } from 'vitest'
import { nearestPoint, type PlacedPoint } from '../../../../renderer/charts/scatter-points.tsx'
import { SHAPES, symbolPath } from '../../../../renderer/charts/symbols.ts'

const placed = (x: number, y: number): PlacedPoint => ({
  point: { module: `at ${x}`, kind: '', layer: 0, step: 1, x, y },
  group: { key: '', colour: '', points: [], fit: null },
  x,
  y,
})

test('the nearest point within reach is the one the pointer is at', () => {
  const points = [placed(0, 0), placed(10, 0), placed(100, 100)]
  expect(nearestPoint(points, 6, 0)?.x).toBe(10)
  expect(nearestPoint(points, 4, 1)?.x).toBe(0)
  expect(nearestPoint(points, 50, 50)).toBeNull()
})

test('every shape is its own closed path around the middle', () => {
  const paths = SHAPES.map((shape) => symbolPath(shape, 4))
  expect(new Set(paths).size).toBe(SHAPES.length)
  for (const path of paths) expect(path).toMatch(/^M[-\d. a]+Z$/)
})
