import type { ComponentType } from 'react'
import type { MetricSnapshot } from '../api/metric-buffer.ts'
import type { Scheme } from '../theme/palette.ts'
import type { ChartOptions, ChartView, StepRange } from './chart.ts'
import type { CardInfo } from './chart-card.tsx'
import type { SeriesStyle } from './series-style.ts'
import type { XAxisMap } from './x-axis.ts'

/** One run of a comparison. */
export type ComparedRun = SeriesStyle & {
  readonly id: string
  readonly label: string
  readonly snapshot: MetricSnapshot
  /** Of this run: the same step is another time or epoch in each. */
  readonly axis: XAxisMap
  /** The visible part in this run's steps. */
  readonly range: StepRange
}

export type CompareProps = Pick<ChartOptions, 'smoothing' | 'logScale'> & {
  readonly runs: readonly ComparedRun[]
  readonly view: ChartView
  readonly scheme: Scheme
}

/** A chart of several runs. An addition is one entry in `compare-charts.tsx`. */
export type CompareSpec = CardInfo & { readonly component: ComponentType<CompareProps> }
