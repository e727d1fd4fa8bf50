import type { ModuleSeries } from '../api/metric-buffer.ts'
import type { StepRange } from './chart.ts'
import { layerOf } from './layers.ts'

/** One module at one step: x is ΔD, y is ΔM. */
export type DecompositionPoint = {
  readonly module: string
  /** Last part of the module's path: q_proj. */
  readonly kind: string
  readonly layer: number
  readonly step: number
  readonly x: number
  readonly y: number
}

/** Points of earlier steps a module, when the whole run is drawn; fewer where there are many modules. */
const MOST_MOMENTS = 12
const FEWEST_MOMENTS = 4
const MOST_POINTS = 700

function everyMoment(pairs: readonly DecompositionPoint[], moments: number): readonly DecompositionPoint[] {
  if (pairs.length <= moments) return pairs
  return Array.from({ length: moments }, (_, i) => {
    const at = Math.round(((i + 1) / moments) * (pairs.length - 1))
    return pairs[at] as DecompositionPoint
  })
}

export const kindOf = (module: string): string => module.split('.').at(-1) ?? module

/** ΔD and ΔM of each module joined by step; the starting point (both 0) is left out since every run has it. */
export function decompositionPoints(
  deltaD: readonly ModuleSeries[],
  deltaM: readonly ModuleSeries[],
  shown: 'latest' | 'run',
  { from, to }: StepRange,
): DecompositionPoint[] {
  const magnitudes = new Map(
    deltaM.map(({ module, points }) => [module, new Map(points.map((p) => [p.step, p.value]))]),
  )
  const moments = Math.max(FEWEST_MOMENTS, Math.min(MOST_MOMENTS, Math.floor(MOST_POINTS / Math.max(1, deltaD.length))))
  return deltaD.flatMap(({ module, points }) => {
    const layer = layerOf(module)
    if (layer === null) return []
    const own = magnitudes.get(module)
    const pairs = points.flatMap(({ step, value: x }) => {
      const y = own?.get(step)
      const outside = step < from || step > to
      return outside || y === undefined || (x === 0 && y === 0)
        ? []
        : [{ module, kind: kindOf(module), layer, step, x, y }]
    })
    return shown === 'latest' ? pairs.slice(-1) : everyMoment(pairs, moments)
  })
}
