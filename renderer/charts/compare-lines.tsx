import { useMemo } from 'react'
import type { MetricName } from '../../shared/domain/metric.ts'
import type { MetricSnapshot, Point } from '../api/metric-buffer.ts'
import { pointsOf, seriesOf } from './chart.ts'
import type { CompareProps } from './compare-chart.ts'
import { within } from './decimate.ts'
import type { Figures } from './figures.ts'
import { meanByStep } from './layers.ts'
import { LinePlot } from './line-plot.tsx'
import { Legend, PlotFrame } from './plot-frame.tsx'
import type { PlotLine } from './plot-line.ts'
import { latestOf, smoothedLines } from './smoothed.ts'

/** The points of a metric of the run, or the mean over the modules of a metric of modules. */
export type PointPicker = (snapshot: MetricSnapshot) => readonly Point[]

export const runPoints =
  (name: MetricName): PointPicker =>
  (snapshot) =>
    pointsOf(snapshot, name)

/** The last point of the mean is where all modules have one, as they do in every trajectory. */
export const modulePoints =
  (name: MetricName): PointPicker =>
  (snapshot) =>
    meanByStep(seriesOf(snapshot, name)).map(({ step, value }) => ({
      step,
      value,
      min: value,
      max: value,
      wallMs: 0,
    }))

type Props = CompareProps & {
  readonly name: string
  readonly pick: PointPicker
  readonly figures: Figures
  readonly smooth: boolean
  readonly dots: boolean
  readonly include: readonly number[]
}

/** Names do not fit beside more values than this. */
const NAMED = 2

/** A metric of several runs, one line each, told apart by colour and dash. */
export function CompareLines({ name, pick, figures, smooth, dots, include, runs, view, logScale, ...props }: Props) {
  const smoothing = smooth ? props.smoothing : 0
  const lines = useMemo(
    () =>
      runs.flatMap(({ id, label, colour, dash, snapshot, axis, range }): PlotLine[] => {
        const points = pick(snapshot)
        if (points.length === 0) return []
        const style = { key: id, label, colour, dash }
        const drawn = dots
          ? [{ ...style, points: within(points, range), dots }]
          : smoothedLines(points, smoothing, range, style)
        return drawn.map((line) => ({ ...line, axis }))
      }),
    [runs, pick, smoothing, dots],
  )
  const items = runs.flatMap(({ id, label, colour, dash }) => {
    const latest = latestOf(lines, id)
    return latest === undefined
      ? []
      : [{ key: id, label, colour, dash, value: figures.text(latest), bare: runs.length > NAMED }]
  })
  return (
    <PlotFrame empty={lines.length === 0} legend={<Legend items={items} />}>
      <LinePlot name={name} lines={lines} view={view} logScale={logScale} figures={figures} include={include} />
    </PlotFrame>
  )
}
