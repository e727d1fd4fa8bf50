import { formatNumber } from '../format/numbers.ts'
import { type ChartProps, type ChartSpec, hasMagnitude } from './chart.ts'
import { LayerChart } from './layer-chart.tsx'

/** Gains differ from 1 in their later digits. */
const fiveDigits = (value: number): string => formatNumber(value, 5)
const AROUND_ONE: readonly number[] = [1]

const GainMeanChart = (props: ChartProps) => (
  <LayerChart {...props} metric="gain_mean" name="Mean of the gain by layer" include={AROUND_ONE} format={fiveDigits} />
)

export const gainMeanChart: ChartSpec = {
  id: 'gain-mean',
  title: 'Mean of g',
  caption: 'of m/n over rows, by layer; 1 at the start',
  group: 'decomposition',
  metrics: ['gain_mean'],
  appliesTo: hasMagnitude,
  component: GainMeanChart,
}
