import { expect, test } from 'vitest'
import { CHARTS } from '../../../../renderer/charts/index.ts'
import { rowsOf } from '../../../../renderer/charts/line-plot.tsx'
import { METRICS } from '../../../../shared/domain/metric.ts'

test('every chart has its own name and draws metrics that exist', () => {
  expect(new Set(CHARTS.map(({ id }) => id)).size).toBe(CHARTS.length)
  for (const { id, metrics } of CHARTS) for (const name of metrics) expect(METRICS, id).toHaveProperty(name)
})

test('lines with values at different steps share the rows of a chart in order', () => {
  const style = { label: '', colour: '' }
  const rows = rowsOf([
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
  ])
  expect(rows).toEqual([
    { step: 1, a: 10 },
    { step: 2, b: 20 },
    { step: 3, a: 30, b: 31 },
  ])
})
