import { formatCompact } from '../format/numbers.ts'
import type { ChartProps, ChartSpec } from './chart.ts'
import { SmoothedChart } from './smoothed-chart.tsx'

const FROM_ZERO: readonly number[] = [0]

const ThroughputChart = (props: ChartProps) => (
  <SmoothedChart
    {...props}
    metric="tokens_per_second"
    label="Tokens per second"
    colour="var(--chart-3)"
    format={formatCompact}
    include={FROM_ZERO}
  />
)

export const throughputChart: ChartSpec = {
  id: 'throughput',
  title: 'Throughput',
  caption: 'tokens per second',
  group: 'learning',
  metrics: ['tokens_per_second'],
  component: ThroughputChart,
}
