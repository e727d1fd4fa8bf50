import type { ComponentType } from 'react'
import type { MetricName } from '../../shared/domain/metric.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import type { MetricSnapshot, ModuleSeries } from '../api/metric-buffer.ts'
import type { Scheme } from '../theme/palette.ts'

/** What the user sets once for all charts. */
export type ChartOptions = {
  /** Weight of the past in the moving average, 0 (raw) to 0.99. */
  readonly smoothing: number
  readonly logScale: boolean
}

export type ChartProps = ChartOptions & {
  readonly snapshot: MetricSnapshot
  /** Right end of the step axis: the planned steps while the run is at work, else the last step. */
  readonly axisEnd: number
  readonly scheme: Scheme
}

/** One chart. An addition is one file and one line in `index.ts`. */
export type ChartSpec = {
  readonly id: string
  readonly title: string
  /** What is drawn, in a few words; also read to screen readers. */
  readonly caption: string
  readonly group: 'learning' | 'decomposition'
  /** Takes two columns where there is room. */
  readonly wide?: boolean
  /** The chart is drawn again when one of these changes. */
  readonly metrics: readonly MetricName[]
  /** Whether a run with this configuration can have the metrics. */
  readonly appliesTo?: (config: RunConfig) => boolean
  readonly component: ComponentType<ChartProps>
}

const NONE: readonly ModuleSeries[] = []
const NO_POINTS: ModuleSeries['points'] = []

/** The series of a metric, one a module. */
export const seriesOf = (snapshot: MetricSnapshot, name: MetricName): readonly ModuleSeries[] =>
  snapshot.get(name) ?? NONE

/** The points of a metric of the whole run. */
export const pointsOf = (snapshot: MetricSnapshot, name: MetricName): ModuleSeries['points'] =>
  seriesOf(snapshot, name)[0]?.points ?? NO_POINTS
