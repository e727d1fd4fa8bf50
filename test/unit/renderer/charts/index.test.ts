import { expect, test } from 'vitest'
import { type ChartSpec, whyNoTrajectory } from '../../../../renderer/charts/chart.ts'
import { COMPARE_CHARTS } from '../../../../renderer/charts/compare-charts.tsx'
import { CHARTS } from '../../../../renderer/charts/index.ts'
import { METHOD_KINDS, METHODS } from '../../../../shared/domain/method.ts'
import { METRICS } from '../../../../shared/domain/metric.ts'
import { type RunConfig, runConfigSchema } from '../../../../shared/domain/run-config.ts'

test('every chart has its own name and draws metrics that exist', () => {
  expect(new Set(CHARTS.map(({ id }) => id)).size).toBe(CHARTS.length)
  for (const { id, metrics } of CHARTS) for (const name of metrics) expect(METRICS, id).toHaveProperty(name)
})

test('every chart of a comparison has its own name and draws metrics that exist', () => {
  expect(new Set(COMPARE_CHARTS.map(({ id }) => id)).size).toBe(COMPARE_CHARTS.length)
  for (const { id, metrics } of COMPARE_CHARTS) for (const name of metrics) expect(METRICS, id).toHaveProperty(name)
})

test.each(METHOD_KINDS)('%s has charts of magnitude and direction, or a reason why not', (method) => {
  const config = runConfigSchema.parse({ model_name_or_path: 'x', train_file: 'x', method })
  const shown = (of: RunConfig) =>
    (CHARTS as readonly ChartSpec[]).filter((spec) => spec.group === 'decomposition' && (spec.appliesTo?.(of) ?? true))
  const { label, mergeable } = METHODS[method]
  expect(shown(config).length > 0).toBe(mergeable)
  if (mergeable) expect(whyNoTrajectory(config)).toBeNull()
  else
    expect(whyNoTrajectory(config)).toBe(
      `${label} leaves every weight of the model as it is, so no magnitude and no direction moves.`,
    )
  const unmeasured = { ...config, trajectory_steps: 0 }
  expect(shown(unmeasured)).toEqual([])
  if (mergeable) expect(whyNoTrajectory(unmeasured)).toMatch('trajectory_steps is 0')
})
