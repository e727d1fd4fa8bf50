import { Group, SegmentedControl, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import { CartesianGrid, ReferenceLine, Scatter, ScatterChart, Tooltip, XAxis, YAxis } from 'recharts'
import { formatNumber } from '../format/numbers.ts'
import { rampColour } from '../theme/palette.ts'
import { type ChartProps, type ChartSpec, seriesOf } from './chart.ts'
import { type DecompositionPoint, decompositionPoints } from './decomposition-points.ts'
import { AXIS_TICK, PLOT_MARGIN, Y_AXIS_WIDTH } from './line-plot.tsx'
import { PLOT_HEIGHT, PlotFrame } from './plot-frame.tsx'
import { stepTitle, TooltipBox } from './plot-tooltip.tsx'
import { linearScale, type Scale } from './scale.ts'
import { type Fit, fitLine } from './statistics.ts'

type Moments = 'latest' | 'run'

const MOMENT_CHOICES: { label: string; value: Moments }[] = [
  { label: 'Now', value: 'latest' },
  { label: 'Whole run', value: 'run' },
]

type LegendProps = {
  readonly fit: Fit | null
  readonly moments: Moments
  readonly onMoments: (moments: Moments) => void
}

const FitLegend = ({ fit, moments, onMoments }: LegendProps) => (
  <Group gap={12} wrap="nowrap" justify="space-between" w="100%">
    <Text size="xs" c="dimmed" className="numbers" truncate>
      {fit === null ? 'too few points' : 'r '}
      {fit && <b>{fit.correlation.toFixed(2)}</b>}
      {fit && '  slope '}
      {fit && <b>{formatNumber(fit.slope)}</b>}
    </Text>
    <SegmentedControl
      size="xs"
      data={MOMENT_CHOICES}
      value={moments}
      onChange={(value) => onMoments(value === 'run' ? 'run' : 'latest')}
      aria-label="Points shown"
      styles={{ label: { padding: '0 8px', lineHeight: '18px' }, root: { padding: 2 } }}
    />
  </Group>
)

type Corner = { x: number; y: number }

/** The fitted line across the drawing; what leaves the drawing is clipped. */
const fitSegment = ({ slope, intercept }: Fit, [low, high]: Scale['domain']): [Corner, Corner] => [
  { x: low, y: slope * low + intercept },
  { x: high, y: slope * high + intercept },
]

const scaleOf = (values: readonly number[]): Scale => linearScale(Math.min(0, ...values), Math.max(...values))
const axisNumber = (value: number): string => formatNumber(value)
const shortModule = (module: string): string => module.split('.').at(-1) ?? module

const DecompositionTooltip = ({ point }: { readonly point: DecompositionPoint }) => (
  <TooltipBox
    title={`Layer ${point.layer}, ${shortModule(point.module)} · ${stepTitle(point.step)}`}
    rows={[
      { key: 'd', label: 'ΔD', colour: 'transparent', text: formatNumber(point.x, 4) },
      { key: 'm', label: 'ΔM', colour: 'transparent', text: formatNumber(point.y, 4) },
    ]}
  />
)

function DecompositionChart({ snapshot, scheme }: ChartProps) {
  const [moments, setMoments] = useState<Moments>('latest')
  const deltaD = seriesOf(snapshot, 'delta_d')
  const deltaM = seriesOf(snapshot, 'delta_m')
  const points = useMemo(() => decompositionPoints(deltaD, deltaM, moments), [deltaD, deltaM, moments])
  const fit = useMemo(() => fitLine(points), [points])
  const layers = [...new Set(points.map(({ layer }) => layer))].sort((a, b) => a - b)
  const x = scaleOf(points.map((point) => point.x))
  const y = scaleOf(points.map((point) => point.y))
  return (
    <PlotFrame empty={points.length === 0} legend={<FitLegend fit={fit} moments={moments} onMoments={setMoments} />}>
      <ScatterChart responsive margin={PLOT_MARGIN} style={{ width: '100%', height: PLOT_HEIGHT }}>
        <CartesianGrid stroke="var(--chart-grid)" />
        <XAxis
          dataKey="x"
          type="number"
          domain={[...x.domain]}
          ticks={[...x.ticks]}
          tickFormatter={axisNumber}
          tick={AXIS_TICK}
          tickLine={false}
          axisLine={{ stroke: 'var(--studio-line)' }}
          height={22}
        />
        <YAxis
          dataKey="y"
          type="number"
          domain={[...y.domain]}
          ticks={[...y.ticks]}
          tickFormatter={axisNumber}
          tick={AXIS_TICK}
          tickLine={false}
          axisLine={false}
          width={Y_AXIS_WIDTH}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={false}
          content={({ active, payload }) => {
            const point = payload[0]?.payload as DecompositionPoint | undefined
            return active && point ? <DecompositionTooltip point={point} /> : null
          }}
        />
        {fit && (
          <ReferenceLine
            segment={fitSegment(fit, x.domain)}
            ifOverflow="hidden"
            stroke="var(--mantine-color-dimmed)"
            strokeDasharray="5 4"
          />
        )}
        {layers.map((layer, i) => (
          <Scatter
            key={layer}
            data={points.filter((point) => point.layer === layer)}
            fill={rampColour(i, layers.length, scheme)}
            fillOpacity={moments === 'latest' ? 0.9 : 0.6}
            isAnimationActive={false}
          />
        ))}
      </ScatterChart>
    </PlotFrame>
  )
}

export const decompositionChart: ChartSpec = {
  id: 'decomposition',
  title: 'ΔM against ΔD',
  caption: 'by module; ΔD across, ΔM up',
  group: 'decomposition',
  metrics: ['delta_m', 'delta_d'],
  appliesTo: ({ trajectory_steps }) => trajectory_steps > 0,
  component: DecompositionChart,
}
