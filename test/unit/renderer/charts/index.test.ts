import { expect, test } from 'vitest'
import { COMPARE_CHARTS } from '../../../../renderer/charts/compare-charts.tsx'
import { CHARTS } from '../../../../renderer/charts/index.ts'
import { METRICS } from '../../../../shared/domain/metric.ts'

test('every chart has its own name and draws metrics that exist', () => {
  expect(new Set(CHARTS.map(({ id }) => id)).size).toBe(CHARTS.length)
  for (const { id, metrics } of CHARTS) for (const name of metrics) expect(METRICS, id).toHaveProperty(name)
})

test('every chart of a comparison has its own name and draws metrics that exist', () => {
  expect(new Set(COMPARE_CHARTS.map(({ id }) => id)).size).toBe(COMPARE_CHARTS.length)
  for (const { id, metrics } of COMPARE_CHARTS) for (const name of metrics) expect(METRICS, id).toHaveProperty(name)
})
