import { type ChartProps, type ChartSpec, hasTrajectory } from './chart.ts'
import { LayerChart } from './layer-chart.tsx'

const DeltaDChart = (props: ChartProps) => <LayerChart {...props} metric="delta_d" name="Direction change by layer" />

export const deltaDChart: ChartSpec = {
  id: 'delta-d',
  title: 'Direction ΔD',
  caption: 'mean 1 − cosine of the rows, by layer',
  group: 'decomposition',
  metrics: ['delta_d'],
  appliesTo: hasTrajectory,
  component: DeltaDChart,
}
