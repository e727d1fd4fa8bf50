import { useMemo } from 'react'
import { formatLoss } from '../format/numbers.ts'
import { type ChartProps, type ChartSpec, pointsOf } from './chart.ts'
import { LOSSES } from './figures.ts'
import { LinePlot } from './line-plot.tsx'
import { Legend, type LegendItem, PlotFrame } from './plot-frame.tsx'
import type { PlotLine } from './plot-line.ts'
import { latestOf, smoothedLines } from './smoothed.ts'

const TRAIN = { key: 'train_loss', label: 'Training', colour: 'var(--chart-1)' } as const
const EVAL = { key: 'eval_loss', label: 'Validation', colour: 'var(--chart-2)' } as const
const TEST = { key: 'test_loss', label: 'Test', colour: 'var(--chart-3)' } as const
const LEGEND = [TRAIN, { ...EVAL, dots: true }, { ...TEST, dots: true }] as const

const legendOf = (lines: readonly PlotLine[]): LegendItem[] =>
  LEGEND.flatMap((item) => {
    const latest = latestOf(lines, item.key)
    return latest === undefined ? [] : [{ ...item, value: formatLoss(latest) }]
  })

function LossChart({ snapshot, smoothing, logScale, view }: ChartProps) {
  const train = pointsOf(snapshot, 'train_loss')
  const validation = pointsOf(snapshot, 'eval_loss')
  const test = pointsOf(snapshot, 'test_loss')
  const lines = useMemo(
    () => [
      ...smoothedLines(train, smoothing, view.range, TRAIN),
      ...(validation.length > 0 ? [{ ...EVAL, points: validation, dots: true }] : []),
      ...(test.length > 0 ? [{ ...TEST, points: test, dots: true }] : []),
    ],
    [train, validation, test, smoothing, view.range],
  )
  return (
    <PlotFrame empty={lines.length === 0} legend={<Legend items={legendOf(lines)} />}>
      <LinePlot name="Loss" lines={lines} view={view} logScale={logScale} figures={LOSSES} />
    </PlotFrame>
  )
}

export const lossChart: ChartSpec = {
  id: 'loss',
  title: 'Loss',
  caption: 'nats per trained token',
  group: 'learning',
  wide: true,
  metrics: ['train_loss', 'eval_loss', 'test_loss'],
  component: LossChart,
}
