import { expect, test } from 'vitest'
import { COMPARE_CHARTS } from '../../../../renderer/charts/compare-charts.tsx'
import { CHARTS } from '../../../../renderer/charts/index.ts'
import { rowsOf } from '../../../../renderer/charts/line-plot.tsx'
import { METRICS } from '../../../../shared/domain/metric.ts'

test('every chart has its own name and draws metrics that exist', () => {
  expect(new Set(CHARTS.map(({ id }) => id)).size).toBe(CHARTS.length)
  for (const { id, metrics } of CHARTS) for (const name of metrics) expect(METRICS, id).toHaveProperty(name)
})

test('lines with values at different steps share the rows of a chart in order', () => {
  const style = { label: '', colour: '' }
  const rows = rowsOf(
    [
      {
        ...style,
        key: 'a',
        points: [
          { step: 1, value: 10 },
          { step: 3, value: 30 },
        ],
      },
      {
        ...style,
        key: 'b',
        points: [
          { step: 2, value: 20 },
          { step: 3, value: 31 },
        ],
      },
    ],
    { toX: (step) => 10 * step },
  )
  expect(rows).toEqual([
    { x: 10, step: 1, a: 10 },
    { x: 20, step: 2, b: 20 },
    { x: 30, step: 3, a: 30, b: 31 },
  ])
})

test('both ends of an envelope at one step are drawn', () => {
  const points = [
    { step: 4, value: 1 },
    { step: 4, value: 9 },
  ]
  const rows = rowsOf([{ key: 'a', label: '', colour: '', points }], { toX: (step) => step })
  expect(rows.map(({ a }) => a)).toEqual([1, 9])
  expect(rows[1]?.x).toBeCloseTo(4, 6)
})

test('every chart of a comparison has its own name and draws metrics that exist', () => {
  expect(new Set(COMPARE_CHARTS.map(({ id }) => id)).size).toBe(COMPARE_CHARTS.length)
  for (const { id, metrics } of COMPARE_CHARTS) for (const name of metrics) expect(METRICS, id).toHaveProperty(name)
})
