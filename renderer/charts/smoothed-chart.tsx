import { useMemo } from 'react'
import type { MetricName } from '../../shared/domain/metric.ts'
import { type ChartProps, pointsOf } from './chart.ts'
import type { Figures } from './figures.ts'
import { LinePlot } from './line-plot.tsx'
import { Legend, PlotFrame } from './plot-frame.tsx'
import { latestOf, smoothedLines } from './smoothed.ts'

type Props = ChartProps & {
  readonly metric: MetricName
  readonly label: string
  readonly colour: string
  readonly figures: Figures
  /** Averages hide the shape of a metric that has no noise (a schedule). */
  readonly smooth?: boolean
  readonly include?: readonly number[]
}

const NO_BOUNDS: readonly number[] = []

/** A chart of one metric of the run, smoothed over its faint raw values. */
export function SmoothedChart({ metric, label, colour, figures, smooth = true, include = NO_BOUNDS, ...chart }: Props) {
  const { snapshot, logScale, view } = chart
  const smoothing = smooth ? chart.smoothing : 0
  const points = pointsOf(snapshot, metric)
  const lines = useMemo(
    () => smoothedLines(points, smoothing, view.range, { key: metric, label, colour }),
    [points, smoothing, view.range, metric, label, colour],
  )
  const latest = latestOf(lines, metric)
  const state = smoothing > 0 ? 'Smoothed' : 'Latest'
  const value = latest === undefined ? undefined : figures.text(latest)
  return (
    <PlotFrame empty={lines.length === 0} legend={<Legend items={[{ label: state, colour, value }]} />}>
      <LinePlot name={label} lines={lines} view={view} logScale={logScale} figures={figures} include={include} />
    </PlotFrame>
  )
}
