import { formatDuration } from '../format/numbers.ts'
import type { ChartProps, ChartSpec } from './chart.ts'
import { SmoothedChart } from './smoothed-chart.tsx'

const FROM_ZERO: readonly number[] = [0]
const seconds = (value: number): string => (value < 1 ? `${Math.round(1000 * value)} ms` : formatDuration(1000 * value))

const StepTimeChart = (props: ChartProps) => (
  <SmoothedChart
    {...props}
    metric="step_seconds"
    label="Time a step"
    colour="var(--chart-4)"
    format={seconds}
    include={FROM_ZERO}
  />
)

export const stepTimeChart: ChartSpec = {
  id: 'step-time',
  title: 'Step time',
  caption: 'of one optimizer step',
  group: 'learning',
  metrics: ['step_seconds'],
  component: StepTimeChart,
}
