import { formatNumber } from '../format/numbers.ts'
import type { ChartProps, ChartSpec } from './chart.ts'
import { SmoothedChart } from './smoothed-chart.tsx'

const FROM_ZERO: readonly number[] = [0]
const axisNumber = (value: number): string => formatNumber(value)

const GradientNormChart = (props: ChartProps) => (
  <SmoothedChart
    {...props}
    metric="grad_norm"
    label="Gradient norm"
    colour="var(--chart-1)"
    format={axisNumber}
    include={FROM_ZERO}
  />
)

export const gradientNormChart: ChartSpec = {
  id: 'gradient-norm',
  title: 'Gradient norm',
  caption: 'before clipping',
  group: 'learning',
  metrics: ['grad_norm'],
  component: GradientNormChart,
}
