import { expect, test } from 'vitest'
import type { RunData } from '../../../../main/engine/data/load-data.ts'
import { watchRun } from '../../../../main/engine/train/alarms/index.ts'
import type { Trajectory } from '../../../../main/engine/train/session.ts'
import { ALARM_KINDS, type Alarm, type AlarmKind } from '../../../../shared/domain/alarm.ts'
import { type RunConfigInput, runConfigSchema } from '../../../../shared/domain/run-config.ts'

const MODULES = ['layers.0.q_proj', 'layers.1.q_proj']

function watching(fields: Partial<RunConfigInput> = {}) {
  const told: [AlarmKind, Alarm | null][] = []
  const config = runConfigSchema.parse({ model_name_or_path: '/m', train_file: '/t', learning_rate: 1e-3, ...fields })
  const watch = watchRun({ config, modules: MODULES, trainableParameters: 10_000 }, (kind, alarm) =>
    told.push([kind, alarm]),
  )
  const step = (step: number, gradNorm: number, learningRate = 1e-3) => watch.step({ step, gradNorm, learningRate })
  const moved = (at: number, ...values: number[]) =>
    watch.trajectory(at, new Map([['delta_m', Float32Array.from(values)]]) as Trajectory)
  return { told, watch, step, moved, kinds: () => told.map(([kind, alarm]) => (alarm ? kind : `${kind} over`)) }
}

type Facts = Pick<RunData, 'rows' | 'droppedRows' | 'truncatedRows' | 'overlap'>
const facts = (fields: Partial<Facts> = {}): RunData => ({
  ...({} as RunData),
  rows: { train: 90, validation: 10, test: 0 },
  droppedRows: 0,
  truncatedRows: 0,
  overlap: { validation: 0, test: 0 },
  ...fields,
})

test('sound data, gradients and magnitudes raise nothing', () => {
  const { watch, step, moved, told } = watching()
  watch.data(facts())
  for (let at = 1; at <= 60; at++) step(at, 0.5)
  moved(60, 0.01, 0.02)
  expect(told).toEqual([])
})

test('rows without labels, and evaluation rows that were trained on, are told with their share and the cure', () => {
  const { watch, told } = watching()
  watch.data(facts({ droppedRows: 25, truncatedRows: 30, overlap: { validation: 4, test: 0 } }))
  expect(told.map(([, alarm]) => alarm)).toEqual([
    expect.objectContaining({
      kind: 'labels-masked',
      step: 0,
      message: '25 of 125 rows (20.0%) have no token left to learn and are left out.',
      hint: expect.stringContaining('max_seq_length'),
    }),
    expect.objectContaining({
      kind: 'evaluation-overlap',
      message: '4 of 10 validation rows (40.0%) are training rows too.',
    }),
  ])
})

test('gradients are said to have vanished after ten steps below epsilon, once, and to be back when they are', () => {
  const { step, kinds, told } = watching()
  // 1e-8 times the root of 10,000 parameters.
  for (let at = 1; at <= 9; at++) step(at, 0.9e-6)
  expect(kinds()).toEqual([])
  for (let at = 10; at <= 30; at++) step(at, 0.9e-6)
  expect(kinds()).toEqual(['gradients-vanished'])
  expect(told[0]?.[1]?.message).toContain('since step 1')
  step(31, 1.1e-6)
  expect(kinds()).toEqual(['gradients-vanished', 'gradients-vanished over'])
})

test('steps at a learning rate of 0 say nothing', () => {
  const { step, moved, kinds } = watching()
  for (let at = 1; at <= 40; at++) step(at, 0, 0)
  moved(40, 0, 0)
  expect(kinds()).toEqual([])
})

test('magnitudes that stand still are named after twenty steps, and the alarm is over when they move', () => {
  const { step, moved, kinds, told } = watching()
  for (let at = 1; at <= 30; at++) step(at, 0.5)
  moved(10, 0, 0)
  expect(kinds()).toEqual([])
  moved(30, 0.01, 1e-9)
  expect(told[0]?.[1]).toMatchObject({
    message: 'm does not move in 1 of 2 modules at step 30: layers.1.q_proj.',
    hint: expect.stringContaining('target_modules'),
  })
  moved(40, 0.01, 0.01)
  expect(kinds()).toEqual(['magnitude-still', 'magnitude-still over'])
})

test('a method without magnitudes is not asked for them', () => {
  const { step, moved, kinds } = watching({ method: 'lora' })
  for (let at = 1; at <= 30; at++) step(at, 0.5)
  moved(30, 0, 0)
  expect(kinds()).toEqual([])
})

test('every kind of alarm can be raised', () => {
  const { watch, step, moved, told } = watching()
  watch.data(facts({ droppedRows: 1, overlap: { validation: 1, test: 1 } }))
  for (let at = 1; at <= 30; at++) step(at, 0)
  moved(30, 0, 0)
  expect(new Set(told.map(([kind]) => kind))).toEqual(new Set(ALARM_KINDS))
})
