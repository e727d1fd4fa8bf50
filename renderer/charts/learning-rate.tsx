import { formatNumber } from '../format/numbers.ts'
import type { ChartProps, ChartSpec } from './chart.ts'
import { SmoothedChart } from './smoothed-chart.tsx'

const FROM_ZERO: readonly number[] = [0]
const axisNumber = (value: number): string => formatNumber(value)

const LearningRateChart = (props: ChartProps) => (
  <SmoothedChart
    {...props}
    metric="learning_rate"
    label="Learning rate"
    colour="var(--chart-4)"
    format={axisNumber}
    include={FROM_ZERO}
    smooth={false}
  />
)

export const learningRateChart: ChartSpec = {
  id: 'learning-rate',
  title: 'Learning rate',
  caption: 'of the schedule',
  group: 'learning',
  metrics: ['learning_rate'],
  component: LearningRateChart,
}
