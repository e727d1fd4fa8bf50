import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createMetricBuffer, type Point, thin } from '../../../../renderer/api/metric-buffer.ts'
import type { MetricName, MetricRow } from '../../../../shared/domain/metric.ts'

const row = (step: number, value: number, name: MetricName = 'train_loss', module = ''): MetricRow => ({
  step,
  name,
  module,
  value,
  wallMs: 0,
})
const point = (step: number, value: number): Point => ({ step, value, min: value, max: value, wallMs: 0 })

function startBuffer(maxPoints = 100) {
  const frames: (() => void)[] = []
  const buffer = createMetricBuffer({ maxPoints, schedule: (task) => frames.push(task) })
  const nextFrame = () => {
    for (const task of frames.splice(0)) task()
  }
  const losses = () =>
    buffer
      .snapshot()
      .get('train_loss')?.[0]
      ?.points.map(({ step, value }) => [step, value])
  return { buffer, frames, nextFrame, losses }
}

test('rows that arrive before the fetched series wait for it and are added once', () => {
  const { buffer, nextFrame, losses } = startBuffer()
  buffer.append([row(2, 0.8), row(3, 0.7)])
  buffer.load([{ name: 'train_loss', module: '', points: [point(1, 0.9), point(2, 0.8)] }])
  nextFrame()
  expect(losses()).toEqual([
    [1, 0.9],
    [2, 0.8],
    [3, 0.7],
  ])
})

test('many rows cause one notification a frame', () => {
  const { buffer, nextFrame } = startBuffer()
  const listener = vi.fn()
  buffer.subscribe(listener)
  buffer.load([])
  for (let step = 1; step <= 50; step++) buffer.append([row(step, 1), row(step, 2, 'grad_norm')])
  expect(listener).not.toHaveBeenCalled()
  nextFrame()
  expect(listener).toHaveBeenCalledTimes(1)
})

test('a metric without new rows keeps its identity in the snapshot', () => {
  const { buffer, nextFrame } = startBuffer()
  buffer.load([])
  buffer.append([row(1, 1), row(1, 2, 'grad_norm')])
  nextFrame()
  const before = buffer.snapshot()
  buffer.append([row(2, 1)])
  nextFrame()
  expect(buffer.snapshot().get('grad_norm')).toBe(before.get('grad_norm'))
  expect(buffer.snapshot().get('train_loss')).not.toBe(before.get('train_loss'))
})

test('a run resumed from an earlier step loses what came after it', () => {
  const { buffer, nextFrame, losses } = startBuffer()
  buffer.load([])
  buffer.append([row(1, 0.9), row(2, 0.8), row(3, 0.7)])
  buffer.append([row(2, 0.85)])
  nextFrame()
  expect(losses()).toEqual([
    [1, 0.9],
    [2, 0.85],
  ])
})

test('fetching again replaces the series, and series that are gone are empty', () => {
  const { buffer, nextFrame, losses } = startBuffer()
  buffer.load([
    { name: 'train_loss', module: '', points: [point(1, 5)] },
    { name: 'grad_norm', module: '', points: [point(1, 5)] },
  ])
  nextFrame()
  buffer.expectLoad()
  buffer.append([row(2, 4)])
  buffer.load([{ name: 'train_loss', module: '', points: [point(1, 6)] }])
  nextFrame()
  expect(losses()).toEqual([
    [1, 6],
    [2, 4],
  ])
  expect(buffer.snapshot().get('grad_norm')).toEqual([])
})

test('the series of modules are kept apart', () => {
  const { buffer, nextFrame } = startBuffer()
  buffer.load([])
  buffer.append([row(10, 1, 'delta_m', 'layers.0.q'), row(10, 2, 'delta_m', 'layers.1.q')])
  nextFrame()
  expect(
    buffer
      .snapshot()
      .get('delta_m')
      ?.map(({ module, points }) => [module, points[0]?.value]),
  ).toEqual([
    ['layers.0.q', 1],
    ['layers.1.q', 2],
  ])
})

test('a long series stays short, and keeps its last value and its extremes', () => {
  const { buffer, nextFrame } = startBuffer(100)
  buffer.load([])
  for (let step = 1; step <= 5000; step++) buffer.append([row(step, step === 777 ? 99 : Math.sin(step))])
  nextFrame()
  const points = buffer.snapshot().get('train_loss')?.[0]?.points ?? []
  expect(points.length).toBeLessThanOrEqual(200)
  expect(points.at(-1)?.step).toBe(5000)
  expect(Math.max(...points.map(({ max }) => max))).toBe(99)
})

test('thinning keeps order, extremes and the last step', () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(values, fc.integer({ min: 2, max: 50 }), (list, maxPoints) => {
      const points = list.map((value, step) => point(step, value))
      const result = thin(points, maxPoints)
      expect(result.length).toBeLessThanOrEqual(maxPoints)
      expect(result.at(-1)).toMatchObject({ step: list.length - 1, value: list.at(-1) })
      expect(Math.min(...result.map(({ min }) => min))).toBe(Math.min(...list))
      expect(Math.max(...result.map(({ max }) => max))).toBe(Math.max(...list))
      expect(result.map(({ step }) => step)).toEqual(result.map(({ step }) => step).toSorted((a, b) => a - b))
    }),
  )
})
