import { Group, Text } from '@mantine/core'
import { useMemo } from 'react'
import { formatNumber } from '../format/numbers.ts'
import { seriesOf } from './chart.ts'
import type { CompareProps } from './compare-chart.ts'
import { decompositionPoints } from './decomposition-points.ts'
import { PlotFrame } from './plot-frame.tsx'
import { ScatterPlot } from './scatter-plot.tsx'
import { fitLine } from './statistics.ts'
import { SHAPES } from './symbols.ts'

/** ΔM against ΔD of the modules at the end of what is shown: one shape, colour and fitted line a run. */
export function CompareScatter({ runs }: CompareProps) {
  const groups = useMemo(
    () =>
      runs.flatMap(({ id, label, colour, dash, snapshot, range }, i) => {
        const [d, m] = [seriesOf(snapshot, 'delta_d'), seriesOf(snapshot, 'delta_m')]
        const points = decompositionPoints(d, m, 'latest', range)
        const shape = SHAPES[i % SHAPES.length] ?? 'circle'
        if (points.length === 0) return []
        return [{ key: id, label, title: `${label} · `, colour, dash, shape, points, fit: fitLine(points) }]
      }),
    [runs],
  )
  const fits = groups.flatMap(({ key, fit, colour, dash = '0' }) => (fit === null ? [] : [{ key, fit, colour, dash }]))
  const legend = groups.map(({ key, label, colour, fit }) => {
    const text = fit === null ? 'too few points' : `r ${fit.correlation.toFixed(2)}, slope ${formatNumber(fit.slope)}`
    return (
      <Group key={key} gap={6} wrap="nowrap" data-legend={`${label}: ${text}`} title={label}>
        <svg width={8} height={8} style={{ flex: 'none' }} aria-hidden="true">
          <circle cx={4} cy={4} r={4} fill={colour} />
        </svg>
        <Text size="xs" className="numbers" style={{ whiteSpace: 'nowrap' }}>
          {text}
        </Text>
      </Group>
    )
  })
  return (
    <PlotFrame empty={groups.length === 0} legend={legend}>
      <ScatterPlot name="ΔM against ΔD of the compared runs" groups={groups} fits={fits} />
    </PlotFrame>
  )
}
