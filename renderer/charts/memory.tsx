import { formatBytes } from '../format/numbers.ts'
import type { ChartProps, ChartSpec } from './chart.ts'
import { SmoothedChart } from './smoothed-chart.tsx'

const FROM_ZERO: readonly number[] = [0]

const MemoryChart = (props: ChartProps) => (
  <SmoothedChart
    {...props}
    metric="memory_bytes"
    label="Memory of the engine"
    colour="var(--chart-2)"
    format={formatBytes}
    include={FROM_ZERO}
    smooth={false}
  />
)

export const memoryChart: ChartSpec = {
  id: 'memory',
  title: 'Memory',
  caption: 'of the engine process',
  group: 'learning',
  metrics: ['memory_bytes'],
  component: MemoryChart,
}
