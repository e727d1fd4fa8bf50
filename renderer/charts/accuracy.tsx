import { useMemo } from 'react'
import { type ChartProps, type ChartSpec, pointsOf } from './chart.ts'
import { SHARES } from './figures.ts'
import { LinePlot } from './line-plot.tsx'
import { Legend, PlotFrame } from './plot-frame.tsx'

const EVAL = { key: 'eval_accuracy', label: 'Validation', colour: 'var(--chart-2)', dots: true } as const
const TEST = { key: 'test_accuracy', label: 'Test', colour: 'var(--chart-3)', dots: true } as const

function AccuracyChart({ snapshot, view }: ChartProps) {
  const validation = pointsOf(snapshot, 'eval_accuracy')
  const test = pointsOf(snapshot, 'test_accuracy')
  const lines = useMemo(
    () =>
      [
        { ...EVAL, points: validation },
        { ...TEST, points: test },
      ].filter(({ points }) => points.length > 0),
    [validation, test],
  )
  const items = lines.map(({ points, ...item }) => ({ ...item, value: SHARES.text(points.at(-1)?.value ?? 0) }))
  return (
    <PlotFrame empty={lines.length === 0} legend={<Legend items={items} />}>
      <LinePlot name="Accuracy" lines={lines} view={view} logScale={false} figures={SHARES} include={[0, 1]} />
    </PlotFrame>
  )
}

export const accuracyChart: ChartSpec = {
  id: 'accuracy',
  title: 'Accuracy',
  caption: 'answers fully right',
  group: 'learning',
  metrics: ['eval_accuracy', 'test_accuracy'],
  component: AccuracyChart,
}
