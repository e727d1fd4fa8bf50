import { expect, test } from 'vitest'
import { changedSettings } from '../../../../renderer/screens/compare/changed-settings.ts'
import { farthest, labelsOf, sameRange } from '../../../../renderer/screens/compare/compared-runs.ts'
import { bestOf } from '../../../../renderer/screens/compare/final-table.tsx'
import { readOptions } from '../../../../renderer/screens/run/chart-options.tsx'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'

const config = (fields: object = {}) => runConfigSchema.parse({ model_name_or_path: '/m', train_file: '/t', ...fields })
const axis = (stepsPerUnit: number) => ({
  mode: 'epoch' as const,
  toX: (step: number) => step / stepsPerUnit,
  toStep: (x: number) => x * stepsPerUnit,
  format: String,
  ticks: () => [],
})

test('only settings that differ are listed, and the name is not one', () => {
  const changed = changedSettings([
    config({ run_name: 'a', r: 8, target_modules: ['q_proj'] }),
    config({ run_name: 'b', r: 16, target_modules: 'all-linear' }),
  ])
  expect(changed).toEqual([
    { field: 'r', values: ['8', '16'] },
    { field: 'target_modules', values: ['q_proj', 'all-linear'] },
  ])
  expect(changedSettings([config({ run_name: 'a' }), config({ run_name: 'b' })])).toEqual([])
})

test('the axis is that of the run that reaches farthest in its unit', () => {
  const short = { id: 'short', axis: axis(10), end: 50 }
  const long = { id: 'long', axis: axis(100), end: 200 }
  expect(farthest([short, long])?.id).toBe('short')
  expect(farthest([])).toBeUndefined()
})

test('a range covers the same part of the axis in the steps of another run', () => {
  expect(sameRange({ from: 10, to: 20 }, axis(10), axis(100))).toEqual({ from: 100, to: 200 })
})

test('runs of one name are numbered', () => {
  expect(labelsOf([{ name: 'a' }, { name: 'b' }, { name: 'a' }])).toEqual(['a', 'b', 'a (2)'])
})

test('the best figure stands out where there is one', () => {
  expect([...bestOf([3, 1, null, 1], 'low')]).toEqual([1, 3])
  expect([...bestOf([0.5, 0.7], 'high')]).toEqual([1])
  expect(bestOf([2, 2], 'low').size).toBe(0)
  expect(bestOf([2, null], 'low').size).toBe(0)
  expect(bestOf([2, 3], undefined).size).toBe(0)
})

test('chart settings of an older visit are filled up, and damaged ones ignored', () => {
  const standard = readOptions(undefined)
  expect(readOptions('{"smoothing":0.5,"logScale":true}')).toEqual({ smoothing: 0.5, logScale: true, axis: 'step' })
  expect(readOptions('{"smoothing":7,"axis":"moon"}')).toEqual(standard)
  expect(readOptions('not json')).toEqual(standard)
})
