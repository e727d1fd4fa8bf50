import type { ModuleSeries } from '../api/metric-buffer.ts'

export type Reading = { readonly step: number; readonly value: number }
export type LayerSeries = { readonly layer: number; readonly points: readonly Reading[] }

/** Number of the layer in a Hugging Face module path (`model.layers.3.mlp.up_proj`: 3), or null outside the layers. */
export function layerOf(module: string): number | null {
  const match = /(?:^|\.)(\d+)(?:\.|$)/.exec(module)
  return match?.[1] === undefined ? null : Number(match[1])
}

/** The mean over the series at each step. */
export function meanByStep(group: readonly ModuleSeries[]): Reading[] {
  const sums = new Map<number, { sum: number; count: number }>()
  for (const { points } of group) {
    for (const { step, value } of points) {
      const entry = sums.get(step) ?? { sum: 0, count: 0 }
      sums.set(step, { sum: entry.sum + value, count: entry.count + 1 })
    }
  }
  return [...sums].sort(([a], [b]) => a - b).map(([step, { sum, count }]) => ({ step, value: sum / count }))
}

function layersOf(series: readonly ModuleSeries[]): LayerSeries[] {
  const groups = new Map<number, ModuleSeries[]>()
  for (const item of series) {
    const layer = layerOf(item.module)
    if (layer === null) continue
    const group = groups.get(layer) ?? []
    group.push(item)
    groups.set(layer, group)
  }
  return [...groups].sort(([a], [b]) => a - b).map(([layer, group]) => ({ layer, points: meanByStep(group) }))
}

const known = new WeakMap<readonly ModuleSeries[], readonly LayerSeries[]>()

/**
 * The mean over the modules of each layer, by step; layers in order. Modules outside the layers are left out. Worked out
 * once for the same series: several charts draw it, and a zoom comes back to the series of the whole run.
 */
export function meanByLayer(series: readonly ModuleSeries[]): readonly LayerSeries[] {
  const layers = known.get(series) ?? layersOf(series)
  known.set(series, layers)
  return layers
}
