import type { ComponentType } from 'react'
import { trainsMagnitude } from '../../shared/domain/magnitude.ts'
import { METHODS } from '../../shared/domain/method.ts'
import type { MetricName } from '../../shared/domain/metric.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import type { MetricSnapshot, ModuleSeries } from '../api/metric-buffer.ts'
import type { Scheme } from '../theme/palette.ts'
import type { XAxisMap } from './x-axis.ts'

/** Units of the horizontal axis. */
export const AXIS_MODES = {
  step: { label: 'Steps', range: 'steps' },
  epoch: { label: 'Epochs', range: 'epochs' },
  tokens: { label: 'Tokens', range: 'tokens' },
  time: { label: 'Time', range: 'time' },
} as const satisfies Record<string, { label: string; range: string }>
export type AxisMode = keyof typeof AXIS_MODES

/** What the user sets once for all charts. */
export type ChartOptions = {
  /** Weight of the past in the moving average, 0 (raw) to 0.99. */
  readonly smoothing: number
  readonly logScale: boolean
  readonly axis: AxisMode
}

/** Optimizer steps, both ends included. */
export type StepRange = { readonly from: number; readonly to: number }

/**
 * null: the whole run. A function is given the zoom as it is now, which may be newer than the one a chart was last drawn
 * with.
 */
export type SetZoom = (zoom: StepRange | null | ((now: StepRange | null) => StepRange | null)) => void

/** What part of the run all charts show. Its identity changes only when the drawing has to. */
export type ChartView = {
  readonly axis: XAxisMap
  readonly range: StepRange
  /** The whole run. */
  readonly full: StepRange
  readonly zoomed: boolean
  readonly onZoom: SetZoom
}

export type ChartProps = Pick<ChartOptions, 'smoothing' | 'logScale'> & {
  readonly snapshot: MetricSnapshot
  readonly view: ChartView
  readonly scheme: Scheme
}

/** One chart. An addition is one entry in a list of `metric-charts.tsx` or `layer-charts.tsx`, or one file and one line in `index.ts`. */
export type ChartSpec = {
  readonly id: string
  readonly title: string
  /** What is drawn, in a few words; also read to screen readers. */
  readonly caption: string
  readonly group: 'learning' | 'decomposition'
  /** Takes two columns where there is room. */
  readonly wide?: boolean
  /** The chart is drawn again when one of these changes; its CSV holds them. */
  readonly metrics: readonly MetricName[]
  /** Whether a run with this configuration can have the metrics. */
  readonly appliesTo?: (config: RunConfig) => boolean
  readonly component: ComponentType<ChartProps>
}

/** Why a run has no ΔM and ΔD, or null: only what can be merged moves weights. */
export function whyNoTrajectory({ method, trajectory_steps }: RunConfig): string | null {
  const { label, mergeable } = METHODS[method]
  if (!mergeable) return `${label} leaves every weight of the model as it is, so no magnitude and no direction moves.`
  return trajectory_steps > 0 ? null : 'The run does not measure ΔM and ΔD: trajectory_steps is 0.'
}

/** Whether the run measures ΔM and ΔD. */
export const hasTrajectory = (config: RunConfig): boolean => whyNoTrajectory(config) === null

/** Whether the run trains magnitudes of its own and measures them. */
export const hasMagnitude = (config: RunConfig): boolean => hasTrajectory(config) && trainsMagnitude(config)

const NONE: readonly ModuleSeries[] = []
const NO_POINTS: ModuleSeries['points'] = []

/** The series of a metric, one a module. */
export const seriesOf = (snapshot: MetricSnapshot, name: MetricName): readonly ModuleSeries[] =>
  snapshot.get(name) ?? NONE

/** The points of a metric of the whole run. */
export const pointsOf = (snapshot: MetricSnapshot, name: MetricName): ModuleSeries['points'] =>
  seriesOf(snapshot, name)[0]?.points ?? NO_POINTS
