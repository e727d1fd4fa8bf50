import type { Reading } from './layers.ts'
import type { XAxisMap } from './x-axis.ts'

export type PlotLine = {
  readonly key: string
  readonly label: string
  readonly colour: string
  readonly points: readonly Reading[]
  /** Raw values behind a smoothed line: thin, and not in the tooltip. */
  readonly faint?: boolean
  /** Few values far apart: each is marked. */
  readonly dots?: boolean
  readonly dash?: string | undefined
  /** Horizontal axis of this line, where it is not the view's (runs compared by time). */
  readonly axis?: XAxisMap
}

type ToPixels = (value: number) => number | undefined

const tenths = (pixels: number): number => Math.round(10 * pixels) / 10

/** SVG path data through the readings, in tenths of pixels; readings without a place are passed over. */
export function pathOf(points: readonly Reading[], toX: ToPixels, toY: ToPixels): string {
  let path = ''
  for (const { step, value } of points) {
    const [x, y] = [toX(step), toY(value)]
    if (x === undefined || y === undefined || !Number.isFinite(x + y)) continue
    path += `${path === '' ? 'M' : 'L'}${tenths(x)} ${tenths(y)}`
  }
  return path
}

/** A place on the horizontal axis, `x` in its unit, that has values. */
export type PlotRow = { readonly x: number; readonly step: number; readonly values: ReadonlyMap<string, number> }

/** What the tooltip steps through: one row a place, with the value of every line that has one there. */
export function rowsOf(lines: readonly PlotLine[], axis: Pick<XAxisMap, 'toX'>): PlotRow[] {
  const rows = new Map<number, { x: number; step: number; values: Map<string, number> }>()
  for (const { key, points, faint, axis: own = axis } of lines) {
    if (faint) continue
    for (const { step, value } of points) {
      const x = own.toX(step)
      const row = rows.get(x) ?? { x, step, values: new Map<string, number>() }
      row.values.set(key, value)
      rows.set(x, row)
    }
  }
  return [...rows.values()].sort((a, b) => a.x - b.x)
}
