import { expect, test } from 'vitest'
import type { MetricSnapshot, ModuleSeries } from '../../../../renderer/api/metric-buffer.ts'
import { magnitudeHealth } from '../../../../renderer/charts/magnitude-health.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'

const config = (fields: object = {}) =>
  runConfigSchema.parse({ model_name_or_path: '/m', train_file: '/t', learning_rate: 1e-3, ...fields })
const series = (module: string, ...values: readonly (readonly [number, number])[]): ModuleSeries => ({
  module,
  points: values.map(([step, value]) => ({ step, value, min: value, max: value, wallMs: 0 })),
})
const snapshot = (rate: number, ...modules: readonly ModuleSeries[]): MetricSnapshot =>
  new Map([
    ['learning_rate', [series('', [1, rate], [50, rate])]],
    ['delta_m', modules],
  ])

test('a run whose magnitudes move is well', () => {
  const health = magnitudeHealth(config(), snapshot(1e-3, series('a', [0, 0], [50, 0.02]), series('b', [50, 0.01])))
  expect(health?.kind).toBe('moving')
})

test('a module that stands still while the others move is named', () => {
  const health = magnitudeHealth(config(), snapshot(1e-3, series('a', [50, 0.02]), series('b', [50, 1e-9])))
  expect(health).toMatchObject({ kind: 'still', modules: ['b'] })
  expect(health?.text).toContain('1 of 2 modules at step 50: b')
  expect(health?.cure).toContain('target_modules')
})

test('when none moves, the cure is a higher learning rate, or to thaw m', () => {
  const still = snapshot(1e-3, series('a', [50, 0]), series('b', [50, 0]))
  expect(magnitudeHealth(config(), still)?.cure).toContain('higher learning_rate (now 0.001)')
  expect(magnitudeHealth(config({ magnitude_lr_ratio: 0 }), still)?.cure).toContain('magnitude_lr_ratio is 0')
})

test('nothing is said against m in the first steps, or while the learning rate is 0', () => {
  expect(magnitudeHealth(config(), snapshot(1e-3, series('a', [10, 0])))?.kind).toBe('waiting')
  expect(magnitudeHealth(config(), snapshot(0, series('a', [50, 0])))?.kind).toBe('waiting')
})

test('methods without a magnitude are not judged', () => {
  const still = snapshot(1e-3, series('a', [50, 0]))
  expect(magnitudeHealth(config({ method: 'lora' }), still)).toBeNull()
  expect(magnitudeHealth(config({ trajectory_steps: 0 }), still)).toBeNull()
})
