import { expect, test } from 'vitest'
import { heatColour, heatGrid, heatPaths, heatShare } from '../../../../renderer/charts/heat.ts'

const layers = [
  {
    layer: 0,
    points: [
      { step: 10, value: 1 },
      { step: 20, value: 2 },
    ],
  },
  {
    layer: 1,
    points: [
      { step: 10, value: 3 },
      { step: 20, value: 4 },
    ],
  },
]

test("a column holds the latest reading up to its right edge, and nothing after the run's last", () => {
  const grid = heatGrid(layers, [0, 10, 15, 20, 30])
  expect(grid.rows).toEqual([
    { layer: 0, values: [1, 1, 2, null] },
    { layer: 1, values: [3, 3, 4, null] },
  ])
  expect(grid).toMatchObject({ columns: 4, min: 1, max: 4 })
})

test('the share is of the largest value, or of the decades', () => {
  expect(heatShare(1, { min: 0.01, max: 4 }, false)).toBe(0.25)
  expect(heatShare(0.2, { min: 0.01, max: 4 }, true)).toBeCloseTo(0.5, 2)
  expect(heatShare(0, { min: 0.01, max: 4 }, true)).toBe(0)
  expect(heatShare(0, { min: 0, max: 0 }, true)).toBe(0)
})

test('lightness changes in one direction from nothing to the largest value, in both schemes', () => {
  const light = ([r, g, b]: readonly [number, number, number]) => 0.2126 * r + 0.7152 * g + 0.0722 * b
  const steps = Array.from({ length: 21 }, (_, i) => i / 20)
  const falls = steps.map((share) => light(heatColour(share, 'light')))
  const rises = steps.map((share) => light(heatColour(share, 'dark')))
  expect(falls).toEqual(falls.toSorted((a, b) => b - a))
  expect(rises).toEqual(rises.toSorted((a, b) => a - b))
})

test('cells of one colour are one path, rows from the bottom, runs of a colour joined', () => {
  const grid = heatGrid(layers, [0, 10, 15, 20, 30])
  const paths = heatPaths(grid, 'light', false)
  expect(paths.map(({ d }) => d)).toEqual(['M0 1h2v1h-2z', 'M2 1h1v1h-1z', 'M0 0h2v1h-2z', 'M2 0h1v1h-1z'])
  expect(paths.at(-1)?.colour).toBe(`rgb(${heatColour(1, 'light').join(' ')})`)
})
