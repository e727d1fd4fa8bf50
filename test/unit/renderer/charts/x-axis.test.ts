import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MetricSnapshot } from '../../../../renderer/api/metric-buffer.ts'
import { knownEnd, rangeText, xAxisOf } from '../../../../renderer/charts/x-axis.ts'
import type { MetricName } from '../../../../shared/domain/metric.ts'

type Given = readonly (readonly [step: number, value: number, wallMs?: number])[]

const snapshot = (name: MetricName, given: Given): MetricSnapshot =>
  new Map([
    [
      name,
      [
        {
          module: '',
          points: given.map(([step, value, wallMs = 0]) => ({ step, value, min: value, max: value, wallMs })),
        },
      ],
    ],
  ])

test('tokens lie between the readings around a step, and go on at the last rate', () => {
  const axis = xAxisOf(
    snapshot('tokens', [
      [10, 1000],
      [20, 3000],
    ]),
    'tokens',
  )
  expect(axis.mode).toBe('tokens')
  expect(axis.toX(0)).toBe(0)
  expect(axis.toX(5)).toBe(500)
  expect(axis.toX(15)).toBe(2000)
  expect(axis.toX(30)).toBe(5000)
  expect(axis.toStep(2000)).toBe(15)
})

test('there and back is the same step', () => {
  const pairs = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 })), {
    selector: ([step]) => step,
    minLength: 2,
    maxLength: 40,
  })
  fc.assert(
    fc.property(pairs, fc.double({ min: 0, max: 2e6, noNaN: true }), (given, step) => {
      const axis = xAxisOf(
        snapshot(
          'tokens',
          given.toSorted(([a], [b]) => a - b),
        ),
        'tokens',
      )
      expect(axis.toStep(axis.toX(step))).toBeCloseTo(step, 3)
    }),
  )
})

test('the time a run lay stopped is not on the axis of time', () => {
  const second = 1000
  const given: Given = [1, 2, 3, 4].map((step) => [step, 1, step * second] as const)
  const resumed: Given = [5, 6, 7].map((step) => [step, 1, 3600 * second + step * second] as const)
  const axis = xAxisOf(snapshot('train_loss', [...given, ...resumed]), 'time')
  expect(axis.toX(4)).toBeCloseTo(4, 6)
  expect(axis.toX(7)).toBeCloseTo(7, 6)
})

test('a clock that is set back by an hour in the middle of a run neither folds the axis of time nor stops it', () => {
  const second = 1000
  const given: Given = [1, 2, 3, 4, 5].map((step) => [step, 1, (step < 3 ? 3600 : 0) * second + step * second] as const)
  const axis = xAxisOf(snapshot('train_loss', given), 'time')
  const places = [1, 2, 3, 4, 5].map(axis.toX)
  expect(places).toEqual([1, 2, 3, 4, 5])
})

test('an axis the run has no readings for is by step', () => {
  expect(xAxisOf(new Map(), 'epoch').mode).toBe('step')
  expect(xAxisOf(new Map(), 'epoch').toX(7)).toBe(7)
})

test('an axis is the same object while its readings are', () => {
  const given = snapshot('epoch', [
    [1, 0.1],
    [2, 0.2],
  ])
  expect(xAxisOf(given, 'epoch')).toBe(xAxisOf(new Map(given), 'epoch'))
})

test('tokens and time end with the readings, steps where the run is planned to end', () => {
  const given = snapshot('tokens', [
    [1, 10],
    [40, 400],
  ])
  expect(knownEnd(given, 'tokens', 600)).toBe(40)
  expect(knownEnd(given, 'step', 600)).toBe(600)
})

test('ticks of time are whole seconds, minutes or hours', () => {
  const axis = xAxisOf(
    snapshot('train_loss', [
      [1, 1, 0],
      [100, 1, 99_000],
    ]),
    'time',
  )
  expect(axis.ticks(0, 240)).toEqual([0, 60, 120, 180, 240])
  expect(axis.ticks(0, 240).map(axis.format)).toEqual(['0', '1 min', '2 min', '3 min', '4 min'])
})

test('a range is told in the unit of the axis', () => {
  expect(rangeText(xAxisOf(new Map(), 'step'), { from: 200, to: 400 })).toBe('steps 200 to 400')
})
