import type { MetricName } from '../../shared/domain/metric.ts'
import { type ChartProps, type ChartSpec, hasMagnitude, hasTrajectory } from './chart.ts'
import { type Figures, GAINS } from './figures.ts'
import { LayerChart } from './layer-chart.tsx'

type Options = Pick<ChartSpec, 'id' | 'title' | 'caption' | 'appliesTo'> & {
  readonly metric: MetricName
  /** Read to screen readers. */
  readonly name: string
  readonly include?: readonly number[]
  readonly figures?: Figures
}

/** A chart of one metric of the modules: a line a layer. */
function layerChart({ metric, name, include, figures, ...info }: Options): ChartSpec {
  const drawing = { metric, name, ...(include && { include }), ...(figures && { figures }) }
  const component = (props: ChartProps) => <LayerChart {...props} {...drawing} />
  return { ...info, group: 'decomposition', metrics: [metric], component }
}

/** How far magnitude and direction of each layer have moved (paper, equations 3 and 4). */
export const DELTA_CHARTS: readonly ChartSpec[] = [
  layerChart({
    id: 'delta-m',
    title: 'Magnitude ΔM',
    caption: 'mean change of the row norms, by layer',
    metric: 'delta_m',
    name: 'Magnitude change by layer',
    appliesTo: hasTrajectory,
  }),
  layerChart({
    id: 'delta-d',
    title: 'Direction ΔD',
    caption: 'mean 1 − cosine of the rows, by layer',
    metric: 'delta_d',
    name: 'Direction change by layer',
    appliesTo: hasTrajectory,
  }),
]

/** Gains g = m/n of the rows of each layer. */
export const GAIN_CHARTS: readonly ChartSpec[] = [
  layerChart({
    id: 'gain-spread',
    title: 'Spread of g',
    caption: 'deviation of m/n over rows, by layer',
    metric: 'gain_std',
    name: 'Spread of the gain by layer',
    appliesTo: hasMagnitude,
  }),
  layerChart({
    id: 'gain-mean',
    title: 'Mean of g',
    caption: 'of m/n over rows, by layer; 1 at the start',
    metric: 'gain_mean',
    name: 'Mean of the gain by layer',
    include: [1],
    figures: GAINS,
    appliesTo: hasMagnitude,
  }),
]
