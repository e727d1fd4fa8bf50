import { expect, test } from 'vitest'
import { fitLine } from '../../../../renderer/charts/statistics.ts'

test('points on a falling line correlate with -1 and give the line back', () => {
  const fit = fitLine([0, 1, 2, 5].map((x) => ({ x, y: 7 - 3 * x })))
  expect(fit?.correlation).toBeCloseTo(-1, 12)
  expect(fit?.slope).toBeCloseTo(-3, 12)
  expect(fit?.intercept).toBeCloseTo(7, 12)
})

test("Anscombe's first set has the published figures", () => {
  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
  const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
  const fit = fitLine(x.map((value, i) => ({ x: value, y: y[i] as number })))
  expect(fit?.correlation).toBeCloseTo(0.816, 3)
  expect(fit?.slope).toBeCloseTo(0.5, 3)
  expect(fit?.intercept).toBeCloseTo(3, 2)
})

test('too few points, or points on an axis line, have no fit', () => {
  expect(fitLine([{ x: 1, y: 1 }])).toBeNull()
  expect(
    fitLine([
      { x: 1, y: 1 },
      { x: 1, y: 2 },
    ]),
  ).toBeNull()
  expect(
    fitLine([
      { x: 1, y: 2 },
      { x: 3, y: 2 },
    ]),
  ).toBeNull()
})
