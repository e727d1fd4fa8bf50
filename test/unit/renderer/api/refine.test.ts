import { expect, test } from 'vitest'
import { fetchExactSeries } from '../../../../renderer/api/exact-series.ts'
import type { MetricSnapshot } from '../../../../renderer/api/metric-buffer.ts'
import { createRefiner } from '../../../../renderer/api/refine.ts'
import type { CallInput } from '../../../../shared/contract.ts'
import type { MetricName, Series } from '../../../../shared/domain/metric.ts'

const point = (step: number, value = step) => ({ step, value, min: value, max: value, wallMs: 0 })
const steps = (snapshot: MetricSnapshot, name: 'train_loss' | 'grad_norm') =>
  snapshot.get(name)?.[0]?.points.map(({ step }) => step)

test('fine points take the place of coarse ones, with those before and after them kept', () => {
  const coarse: MetricSnapshot = new Map([
    ['train_loss', [{ module: '', points: [10, 20, 30, 40].map((step) => point(step)) }]],
    ['grad_norm', [{ module: '', points: [point(10)] }]],
  ])
  const fine = [{ name: 'train_loss' as const, module: '', points: [18, 20, 22, 24, 30].map((step) => point(step)) }]
  const refined = createRefiner()(coarse, new Map([['train_loss', fine]]))
  expect(steps(refined, 'train_loss')).toEqual([10, 18, 20, 22, 24, 30, 40])
  expect(refined.get('grad_norm')).toBe(coarse.get('grad_norm'))
})

test('a range without values leaves the coarse points as they are', () => {
  const coarse: MetricSnapshot = new Map([['train_loss', [{ module: '', points: [point(1), point(9)] }]]])
  const fine = [{ name: 'train_loss' as const, module: '', points: [] }]
  expect(steps(createRefiner()(coarse, new Map([['train_loss', fine]])), 'train_loss')).toEqual([1, 9])
})

test('a metric keeps its identity while another is answered, and loses it with a new answer or new points', () => {
  const series = (...all: number[]) => [{ module: '', points: all.map((step) => point(step)) }]
  const coarse: MetricSnapshot = new Map([
    ['train_loss', series(10, 20)],
    ['grad_norm', series(10, 20)],
  ])
  const loss = [{ name: 'train_loss' as const, module: '', points: [point(15)] }]
  const norm = [{ name: 'grad_norm' as const, module: '', points: [point(15)] }]
  const refine = createRefiner()
  const first = refine(coarse, new Map([['train_loss', loss]]))
  const both = new Map<MetricName, readonly Series[]>([
    ['train_loss', loss],
    ['grad_norm', norm],
  ])
  const second = refine(coarse, both)
  expect(second.get('train_loss')).toBe(first.get('train_loss'))
  expect(steps(second, 'grad_norm')).toEqual([10, 15, 20])
  expect(refine(coarse, new Map([['train_loss', [...loss]]])).get('train_loss')).not.toBe(first.get('train_loss'))
  const grown = new Map([...coarse, ['train_loss', series(10, 20, 30)] as const])
  expect(steps(refine(grown, new Map([['train_loss', loss]])), 'train_loss')).toEqual([10, 15, 20, 30])
})

test('the exact series is asked for in pages that are never thinned, and joined in order', async () => {
  const asked: CallInput<'metrics.series'>[] = []
  const call = async (_: string, input: unknown) => {
    const query = input as CallInput<'metrics.series'>
    asked.push(query)
    const [from, to] = [query.fromStep ?? 0, query.toStep ?? 0]
    return [
      { name: 'train_loss', module: '', points: Array.from({ length: to - from + 1 }, (_, i) => point(from + i)) },
    ]
  }
  const client = { call } as Parameters<typeof fetchExactSeries>[0]
  const exact = await fetchExactSeries(client, 'a', ['train_loss'], { from: 1, to: 12_000 })
  expect(exact[0]?.points.map(({ step }) => step)).toEqual(Array.from({ length: 12_000 }, (_, i) => i + 1))
  for (const { fromStep, toStep, maxPoints } of asked)
    expect((toStep ?? 0) - (fromStep ?? 0) + 1).toBeLessThanOrEqual(maxPoints)
})
