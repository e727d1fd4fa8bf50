import type { MetricName } from '../../shared/domain/metric.ts'
import type { ChartProps, ChartSpec } from './chart.ts'
import { BYTES, COUNTS, type Figures, NUMBERS, SECONDS } from './figures.ts'
import { SmoothedChart } from './smoothed-chart.tsx'

type Options = Pick<ChartSpec, 'id' | 'title' | 'caption'> & {
  readonly metric: MetricName
  /** The metric's name in the tooltip. */
  readonly label: string
  readonly colour: string
  readonly figures?: Figures
  /** Averages hide the shape of a metric that has no noise (a schedule). */
  readonly smooth?: boolean
}

const FROM_ZERO: readonly number[] = [0]

/** A chart of one metric of the run over an axis from zero. */
function metricChart({ metric, label, colour, figures = NUMBERS, smooth = true, ...info }: Options): ChartSpec {
  const drawing = { metric, label, colour, figures, smooth, include: FROM_ZERO }
  const component = (props: ChartProps) => <SmoothedChart {...props} {...drawing} />
  return { ...info, group: 'learning', metrics: [metric], component }
}

/** Charts of one metric of the run each, in the order they are drawn. An addition is one entry. */
export const METRIC_CHARTS: readonly ChartSpec[] = [
  metricChart({
    id: 'learning-rate',
    title: 'Learning rate',
    caption: 'of the schedule',
    metric: 'learning_rate',
    label: 'Learning rate',
    colour: 'var(--chart-4)',
    smooth: false,
  }),
  metricChart({
    id: 'gradient-norm',
    title: 'Gradient norm',
    caption: 'before clipping',
    metric: 'grad_norm',
    label: 'Gradient norm',
    colour: 'var(--chart-1)',
  }),
  metricChart({
    id: 'throughput',
    title: 'Throughput',
    caption: 'tokens per second',
    metric: 'tokens_per_second',
    label: 'Tokens per second',
    colour: 'var(--chart-3)',
    figures: COUNTS,
  }),
  metricChart({
    id: 'memory',
    title: 'Memory',
    caption: 'of the engine process',
    metric: 'memory_bytes',
    label: 'Memory of the engine',
    colour: 'var(--chart-2)',
    figures: BYTES,
    smooth: false,
  }),
  metricChart({
    id: 'step-time',
    title: 'Step time',
    caption: 'of one optimizer step',
    metric: 'step_seconds',
    label: 'Time a step',
    colour: 'var(--chart-4)',
    figures: SECONDS,
  }),
]
