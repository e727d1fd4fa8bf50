import { useMemo } from 'react'
import type { MetricSnapshot } from '../api/metric-buffer.ts'
import type { AxisMode, ChartView, SetZoom, StepRange } from './chart.ts'
import { knownEnd, xAxisOf } from './x-axis.ts'

type Options = {
  readonly snapshot: MetricSnapshot
  readonly mode: AxisMode
  /** The planned steps while the run is at work, else the last step. */
  readonly axisEnd: number
  readonly zoom: StepRange | null
  readonly onZoom: SetZoom
}

/** The part of a run that its charts show, in the unit the user chose. */
export function useChartView({ snapshot, mode, axisEnd, zoom, onZoom }: Options): ChartView {
  const axis = xAxisOf(snapshot, mode)
  const end = Math.max(1, knownEnd(snapshot, mode, axisEnd))
  return useMemo(() => {
    const full = { from: 0, to: end }
    return { axis, full, range: zoom ?? full, zoomed: zoom !== null, onZoom }
  }, [axis, end, zoom, onZoom])
}
