import { type ChartProps, type ChartSpec, hasMagnitude } from './chart.ts'
import { LayerChart } from './layer-chart.tsx'

const GainSpreadChart = (props: ChartProps) => (
  <LayerChart {...props} metric="gain_std" name="Spread of the gain by layer" />
)

export const gainSpreadChart: ChartSpec = {
  id: 'gain-spread',
  title: 'Spread of g',
  caption: 'deviation of m/n over rows, by layer',
  group: 'decomposition',
  metrics: ['gain_std'],
  appliesTo: hasMagnitude,
  component: GainSpreadChart,
}
