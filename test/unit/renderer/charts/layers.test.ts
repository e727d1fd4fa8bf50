import { expect, test } from 'vitest'
import type { ModuleSeries } from '../../../../renderer/api/metric-buffer.ts'
import { decompositionPoints } from '../../../../renderer/charts/decomposition-points.ts'
import { layerOf, meanByLayer } from '../../../../renderer/charts/layers.ts'

const series = (module: string, ...values: readonly (readonly [number, number])[]): ModuleSeries => ({
  module,
  points: values.map(([step, value]) => ({ step, value, min: value, max: value, wallMs: 0 })),
})

const WHOLE = { from: 0, to: 1e9 }

test('the layer is the number in the module path', () => {
  expect(layerOf('model.layers.11.mlp.up_proj')).toBe(11)
  expect(layerOf('h.3')).toBe(3)
  expect(layerOf('lm_head')).toBeNull()
  expect(layerOf('model.conv1d.weight')).toBeNull()
})

test('the modules of a layer are averaged step by step, layers in order', () => {
  const layers = meanByLayer([
    series('layers.10.q', [1, 4]),
    series('layers.2.q', [1, 1], [2, 2]),
    series('layers.2.v', [1, 3], [2, 6]),
    series('lm_head', [1, 100]),
  ])
  expect(layers).toEqual([
    {
      layer: 2,
      points: [
        { step: 1, value: 2 },
        { step: 2, value: 4 },
      ],
    },
    { layer: 10, points: [{ step: 1, value: 4 }] },
  ])
})

test('a scatter point joins both changes of a module at its latest common step', () => {
  const points = decompositionPoints(
    [series('layers.0.q', [0, 0], [10, 0.1], [20, 0.2])],
    [series('layers.0.q', [0, 0], [10, 0.3], [20, 0.4])],
    'latest',
    WHOLE,
  )
  expect(points).toEqual([{ module: 'layers.0.q', kind: 'q', layer: 0, step: 20, x: 0.2, y: 0.4 }])
})

test('the whole run gives at most twelve points a module, the last one among them', () => {
  const steps = Array.from({ length: 100 }, (_, i) => [i + 1, i + 1] as const)
  const points = decompositionPoints([series('layers.0.q', ...steps)], [series('layers.0.q', ...steps)], 'run', WHOLE)
  expect(points).toHaveLength(12)
  expect(points.at(-1)?.step).toBe(100)
})

test('a zoomed scatter holds the points of its steps alone', () => {
  const steps = Array.from({ length: 10 }, (_, i) => [i + 1, i + 1] as const)
  const both = [series('layers.0.q', ...steps)]
  expect(decompositionPoints(both, both, 'run', { from: 4, to: 6 }).map(({ step }) => step)).toEqual([4, 5, 6])
  expect(decompositionPoints(both, both, 'latest', { from: 4, to: 6 }).map(({ step }) => step)).toEqual([6])
})
