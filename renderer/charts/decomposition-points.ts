import type { ModuleSeries } from '../api/metric-buffer.ts'
import { layerOf } from './layers.ts'

/** One module at one step: x is ΔD, y is ΔM. */
export type DecompositionPoint = {
  readonly module: string
  readonly layer: number
  readonly step: number
  readonly x: number
  readonly y: number
}

/** Points of earlier steps a module, when the whole run is drawn. */
const MOMENTS = 12

function everyMoment(pairs: readonly DecompositionPoint[]): readonly DecompositionPoint[] {
  if (pairs.length <= MOMENTS) return pairs
  return Array.from({ length: MOMENTS }, (_, i) => {
    const at = Math.round(((i + 1) / MOMENTS) * (pairs.length - 1))
    return pairs[at] as DecompositionPoint
  })
}

/** ΔD and ΔM of each module joined by step; the starting point (both 0) is left out since every run has it. */
export function decompositionPoints(
  deltaD: readonly ModuleSeries[],
  deltaM: readonly ModuleSeries[],
  moments: 'latest' | 'run',
): DecompositionPoint[] {
  const magnitudes = new Map(
    deltaM.map(({ module, points }) => [module, new Map(points.map((p) => [p.step, p.value]))]),
  )
  return deltaD.flatMap(({ module, points }) => {
    const layer = layerOf(module)
    if (layer === null) return []
    const pairs = points.flatMap(({ step, value: x }) => {
      const y = magnitudes.get(module)?.get(step)
      return y === undefined || (x === 0 && y === 0) ? [] : [{ module, layer, step, x, y }]
    })
    return moments === 'latest' ? pairs.slice(-1) : everyMoment(pairs)
  })
}
