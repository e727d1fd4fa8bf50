import { type ChartProps, type ChartSpec, hasTrajectory } from './chart.ts'
import { LayerChart } from './layer-chart.tsx'

const DeltaMChart = (props: ChartProps) => <LayerChart {...props} metric="delta_m" name="Magnitude change by layer" />

export const deltaMChart: ChartSpec = {
  id: 'delta-m',
  title: 'Magnitude ΔM',
  caption: 'mean change of the row norms, by layer',
  group: 'decomposition',
  metrics: ['delta_m'],
  appliesTo: hasTrajectory,
  component: DeltaMChart,
}
