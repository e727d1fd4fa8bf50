import type { Scheme } from '../theme/palette.ts'
import type { LayerSeries, Reading } from './layers.ts'

/** Values of layers (rows, first layer first) over columns of equal width; null where the run has not been yet. */
export type HeatGrid = {
  readonly columns: number
  /** Step at the right edge of each column. */
  readonly steps: readonly number[]
  readonly rows: readonly { readonly layer: number; readonly values: readonly (number | null)[] }[]
  readonly max: number
  /** Smallest value above 0, for a logarithmic scale. */
  readonly min: number
}

/** The latest reading of each column, carried on from the one before where a column has none. */
function columnValues(points: readonly Reading[], steps: readonly number[], start: number): (number | null)[] {
  const last = points.at(-1)?.step ?? Number.NEGATIVE_INFINITY
  let at = 0
  let left = start
  return steps.map((right) => {
    while (at < points.length && (points[at] as Reading).step <= right) at++
    const value = left < last ? (points[at - 1]?.value ?? null) : null
    left = right
    return value
  })
}

/** `edges`: the left edge of the first column, then the right edge of each. */
export function heatGrid(layers: readonly LayerSeries[], edges: readonly number[]): HeatGrid {
  const [start = 0, ...steps] = edges
  const rows = layers.map(({ layer, points }) => ({ layer, values: columnValues(points, steps, start) }))
  let max = 0
  let min = Number.POSITIVE_INFINITY
  for (const { values } of rows) {
    for (const value of values) {
      if (value === null) continue
      max = Math.max(max, value)
      if (value > 0) min = Math.min(min, value)
    }
  }
  return { columns: steps.length, steps, rows, max, min: Number.isFinite(min) ? min : max }
}

/** From nothing to the largest value: lightness changes all along, so that it is read without colour vision too. */
const STOPS: Record<Scheme, readonly (readonly [number, number, number])[]> = {
  light: [
    [241, 241, 250],
    [186, 190, 244],
    [128, 118, 232],
    [98, 46, 170],
    [55, 12, 88],
  ],
  dark: [
    [30, 36, 50],
    [64, 50, 128],
    [128, 62, 178],
    [232, 104, 150],
    [255, 222, 150],
  ],
}

/** Colour of a share from 0 to 1, as red, green and blue from 0 to 255. */
export function heatColour(share: number, scheme: Scheme): [number, number, number] {
  const stops = STOPS[scheme]
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1)
  const low = Math.min(Math.floor(at), stops.length - 2)
  const [a, b] = [stops[low] as readonly number[], stops[low + 1] as readonly number[]]
  const mix = (i: number) => Math.round((a[i] as number) + ((b[i] as number) - (a[i] as number)) * (at - low))
  return [mix(0), mix(1), mix(2)]
}

export const heatGradient = (scheme: Scheme): string =>
  `linear-gradient(90deg, ${STOPS[scheme].map((stop) => `rgb(${stop.join(' ')})`).join(', ')})`

/** Where a value lies between the smallest and the largest of a grid. */
export function heatShare(value: number, { min, max }: Pick<HeatGrid, 'min' | 'max'>, log: boolean): number {
  if (max === 0) return 0
  if (!log || min === max) return value / max
  return value <= 0 ? 0 : Math.log(value / min) / Math.log(max / min)
}

/** Colours of a drawing; neighbours cannot be told apart. */
const LEVELS = 96

/** The cells as SVG paths, one a colour; a cell is 1 by 1, the first layer lies at the bottom. */
export function heatPaths(grid: HeatGrid, scheme: Scheme, log: boolean): { colour: string; d: string }[] {
  const cells = new Map<number, string>()
  const levelOf = (value: number | null): number | null =>
    value === null ? null : Math.round(LEVELS * heatShare(value, grid, log))
  grid.rows.forEach(({ values }, row) => {
    const levels = values.map(levelOf)
    const y = grid.rows.length - 1 - row
    for (let start = 0, end = 0; start < levels.length; start = end) {
      const level = levels[start] as number | null
      while (end < levels.length && levels[end] === level) end++
      if (level !== null) cells.set(level, `${cells.get(level) ?? ''}M${start} ${y}h${end - start}v1h${start - end}z`)
    }
  })
  return [...cells].map(([level, d]) => ({ colour: `rgb(${heatColour(level / LEVELS, scheme).join(' ')})`, d }))
}
