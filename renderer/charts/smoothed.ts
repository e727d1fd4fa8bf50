import type { Point } from '../api/metric-buffer.ts'
import type { StepRange } from './chart.ts'
import { decimate, envelope, within } from './decimate.ts'
import { debiasedEma } from './ema.ts'
import type { PlotLine } from './plot-line.ts'

type LineStyle = {
  readonly key: string
  readonly label: string
  readonly colour: string
  readonly dash?: string | undefined
}

/**
 * The moving average of a line over its faint raw values; the raw line alone when smoothing is off. The average is of
 * the whole run, its reach of the visible range: zooming in shows detail and no false start.
 */
export function smoothedLines(
  points: readonly Point[],
  smoothing: number,
  range: StepRange,
  style: LineStyle,
): PlotLine[] {
  if (points.length === 0) return []
  const raw = envelope(within(points, range))
  if (smoothing === 0) return [{ ...style, points: raw }]
  const average = within(debiasedEma(points, smoothing, range.to - range.from), range)
  return [
    { ...style, key: `${style.key}-raw`, points: raw, faint: true },
    { ...style, points: decimate(average) },
  ]
}

/** Latest value of the line that is not faint. */
export const latestOf = (lines: readonly PlotLine[], key: string): number | undefined =>
  lines.find((line) => line.key === key)?.points.at(-1)?.value
