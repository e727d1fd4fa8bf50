import type { Point } from '../api/metric-buffer.ts'
import { decimate, envelope } from './decimate.ts'
import { debiasedEma } from './ema.ts'
import type { PlotLine } from './line-plot.tsx'

type LineStyle = { readonly key: string; readonly label: string; readonly colour: string }

/** The moving average of a line over its faint raw values; the raw line alone when smoothing is off. */
export function smoothedLines(points: readonly Point[], smoothing: number, span: number, style: LineStyle): PlotLine[] {
  if (points.length === 0) return []
  if (smoothing === 0) return [{ ...style, points: envelope(points) }]
  return [
    { ...style, key: `${style.key}-raw`, points: envelope(points), faint: true },
    { ...style, points: decimate(debiasedEma(points, smoothing, span)) },
  ]
}

/** Latest value of the line that is not faint. */
export const latestOf = (lines: readonly PlotLine[], key: string): number | undefined =>
  lines.find((line) => line.key === key)?.points.at(-1)?.value
