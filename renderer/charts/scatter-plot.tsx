import { CartesianGrid, ReferenceLine, Scatter, ScatterChart, Tooltip, XAxis, YAxis } from 'recharts'
import { formatNumber } from '../format/numbers.ts'
import type { DecompositionPoint } from './decomposition-points.ts'
import { AXIS_TICK } from './line-plot.tsx'
import { PLOT_HEIGHT, PLOT_MARGIN, X_AXIS_HEIGHT, Y_AXIS_WIDTH } from './plot-frame.tsx'
import { stepTitle, TooltipBox } from './plot-tooltip.tsx'
import { linearScale, type Scale } from './scale.ts'
import type { Fit } from './statistics.ts'

export type ScatterShape = 'circle' | 'square' | 'triangle' | 'diamond' | 'cross' | 'star' | 'wye'

/** Shapes to tell groups apart where colour alone must not. */
export const SHAPES: readonly ScatterShape[] = ['circle', 'square', 'triangle', 'diamond', 'cross', 'star', 'wye']

export type ScatterGroup = {
  readonly key: string
  readonly colour: string
  readonly shape?: ScatterShape
  readonly points: readonly DecompositionPoint[]
  readonly fit: Fit | null
  /** Before the place in the tooltip's title: the run, where there are several. */
  readonly title?: string
}

type Props = { readonly name: string; readonly groups: readonly ScatterGroup[]; readonly fits: readonly FitLine[] }

export type FitLine = { readonly key: string; readonly fit: Fit; readonly colour: string; readonly dash: string }

type Corner = { x: number; y: number }
type Drawn = DecompositionPoint & { readonly title: string }

/** The fitted line across the drawing; what leaves the drawing is clipped. */
const fitSegment = ({ slope, intercept }: Fit, [low, high]: Scale['domain']): [Corner, Corner] => [
  { x: low, y: slope * low + intercept },
  { x: high, y: slope * high + intercept },
]

const scaleOf = (values: readonly number[]): Scale => linearScale(Math.min(0, ...values), Math.max(0, ...values))
const axisNumber = (value: number): string => formatNumber(value)

const PointTooltip = ({ point }: { readonly point: Drawn }) => (
  <TooltipBox
    title={`${point.title}Layer ${point.layer}, ${point.kind} · ${stepTitle(point.step)}`}
    rows={[
      { key: 'd', label: 'ΔD', colour: 'transparent', text: formatNumber(point.x, 4) },
      { key: 'm', label: 'ΔM', colour: 'transparent', text: formatNumber(point.y, 4) },
    ]}
  />
)

/** ΔM over ΔD, as in the paper's analysis: groups of points, and lines fitted to them. */
export function ScatterPlot({ name, groups, fits }: Props) {
  const all = groups.flatMap(({ points }) => points)
  const x = scaleOf(all.map((point) => point.x))
  const y = scaleOf(all.map((point) => point.y))
  const few = all.length <= 60
  return (
    <ScatterChart responsive margin={PLOT_MARGIN} style={{ width: '100%', height: PLOT_HEIGHT }} aria-label={name}>
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
        height={X_AXIS_HEIGHT}
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
          const point = payload[0]?.payload as Drawn | undefined
          return active && point ? <PointTooltip point={point} /> : null
        }}
      />
      {fits.map(({ key, fit, colour, dash }) => (
        <ReferenceLine
          key={key}
          segment={fitSegment(fit, x.domain)}
          ifOverflow="hidden"
          stroke={colour}
          strokeDasharray={dash}
        />
      ))}
      {groups.map(({ key, colour, shape = 'circle', points, title = '' }) => (
        <Scatter
          key={key}
          data={points.map((point): Drawn => ({ ...point, title }))}
          fill={colour}
          fillOpacity={few ? 0.9 : 0.65}
          shape={shape}
          isAnimationActive={false}
        />
      ))}
    </ScatterChart>
  )
}
