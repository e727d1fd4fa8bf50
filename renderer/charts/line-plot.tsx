import { useMemo } from 'react'
import { CartesianGrid, Line, LineChart, Tooltip, XAxis, YAxis } from 'recharts'
import type { ChartView } from './chart.ts'
import type { Reading } from './layers.ts'
import { PLOT_HEIGHT, PLOT_MARGIN, X_AXIS_HEIGHT, Y_AXIS_WIDTH } from './plot-frame.tsx'
import { stepTitle, TooltipBox, type TooltipRow } from './plot-tooltip.tsx'
import { linearScale, logScale, type Scale } from './scale.ts'
import type { XAxisMap } from './x-axis.ts'
import { ZoomLayer } from './zoom-layer.tsx'

export type PlotLine = {
  readonly key: string
  readonly label: string
  readonly colour: string
  readonly points: readonly Reading[]
  /** Raw values behind a smoothed line: thin, and not in the tooltip. */
  readonly faint?: boolean
  /** Few values far apart: each is marked. */
  readonly dots?: boolean
  readonly dash?: string | undefined
  /** Horizontal axis of this line, where it is not the view's (runs compared by time). */
  readonly axis?: XAxisMap
}

type PlotProps = {
  readonly name: string
  readonly lines: readonly PlotLine[]
  readonly view: ChartView
  readonly logScale: boolean
  readonly format: (value: number) => string
  /** Bounds the linear axis must include. */
  readonly include?: readonly number[]
}

/** `x` in the unit of the axis and `step` beside one value a line. */
type Row = Record<string, number>

/** One row a position, as recharts wants it; lines without a value there have no key. */
export function rowsOf(lines: readonly PlotLine[], axis: Pick<XAxisMap, 'toX'>): Row[] {
  const rows = new Map<number, Row>()
  for (const line of lines) {
    const toX = (line.axis ?? axis).toX
    let before = Number.NaN
    for (const { step, value } of line.points) {
      let x = toX(step)
      // Both ends of an envelope may be of one step.
      if (x === before) x += Math.abs(x) * 1e-9 || 1e-9
      before = x
      const row = rows.get(x) ?? { x, step }
      row[line.key] = value
      rows.set(x, row)
    }
  }
  return [...rows.values()].sort((a, b) => (a.x as number) - (b.x as number))
}

function valueScale(lines: readonly PlotLine[], view: ChartView, log: boolean, include: readonly number[]): Scale {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  const [left, right] = [view.axis.toX(view.range.from), view.axis.toX(view.range.to)]
  for (const { points, axis = view.axis } of lines) {
    const inside = ({ step }: Reading) => !view.zoomed || (axis.toX(step) >= left && axis.toX(step) <= right)
    const seen = points.some(inside) ? points.filter(inside) : points
    for (const { value } of seen) {
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  }
  if (low > high) return log ? logScale(0.1, 1) : linearScale(0, 1)
  return log ? logScale(low, high) : linearScale(Math.min(low, ...include), Math.max(high, ...include))
}

/** A tick with its unit stays in one line. */
const tickText =
  (format: (value: number) => string) =>
  (value: number): string =>
    format(value).replaceAll(' ', '\u00a0')

const onlyPositive = (line: PlotLine): PlotLine => ({ ...line, points: line.points.filter(({ value }) => value > 0) })

export const AXIS_TICK = { fontSize: 11, fill: 'var(--mantine-color-dimmed)' } as const

/** What stands at a position: the step, and the unit of the axis where it is another. */
export const positionTitle = (axis: XAxisMap, step: number): string =>
  axis.mode === 'step' ? stepTitle(step) : `${stepTitle(step)} · ${axis.mode} ${axis.format(axis.toX(step))}`

/** Lines over the run. */
export function LinePlot({ name, lines, view, logScale: log, format, include = [] }: PlotProps) {
  const drawn = useMemo(() => (log ? lines.map(onlyPositive) : lines), [lines, log])
  const rows = useMemo(() => rowsOf(drawn, view.axis), [drawn, view.axis])
  const y = valueScale(drawn, view, log, include)
  const [low, high] = [view.axis.toX(view.range.from), view.axis.toX(view.range.to)]
  const tooltipRows = (row: Row): TooltipRow[] =>
    drawn
      .filter(({ key, faint }) => !faint && row[key] !== undefined)
      .map(({ key, label, colour }) => ({ key, label, colour, text: format(row[key] as number) }))

  return (
    <ZoomLayer view={view} label={name}>
      <LineChart
        responsive
        data={rows}
        margin={PLOT_MARGIN}
        style={{ width: '100%', height: PLOT_HEIGHT }}
        aria-label={name}
      >
        <CartesianGrid stroke="var(--chart-grid)" vertical={false} />
        <XAxis
          dataKey="x"
          type="number"
          domain={[low, high]}
          ticks={[...view.axis.ticks(low, high)]}
          tickFormatter={view.axis.format}
          tick={AXIS_TICK}
          tickLine={false}
          axisLine={{ stroke: 'var(--studio-line)' }}
          height={X_AXIS_HEIGHT}
          allowDataOverflow
        />
        <YAxis
          type="number"
          scale={log ? 'log' : 'linear'}
          domain={[...y.domain]}
          ticks={[...y.ticks]}
          tickFormatter={tickText(format)}
          tick={AXIS_TICK}
          tickLine={false}
          axisLine={false}
          width={Y_AXIS_WIDTH}
          allowDataOverflow
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--mantine-color-dimmed)', strokeDasharray: '3 3' }}
          content={({ active, payload }) => {
            const row = payload[0]?.payload as Row | undefined
            if (!active || row === undefined) return null
            const shown = tooltipRows(row)
            const title = positionTitle(view.axis, row.step as number)
            return shown.length === 0 ? null : <TooltipBox title={title} rows={shown} />
          }}
        />
        {drawn.map(({ key, colour, dash, faint = false, dots = false }) => (
          <Line
            key={key}
            dataKey={key}
            stroke={colour}
            strokeWidth={faint ? 1 : 1.8}
            strokeOpacity={faint ? 0.34 : 1}
            {...(dash === undefined || faint ? {} : { strokeDasharray: dash })}
            dot={dots ? { r: 3, fill: colour, strokeWidth: 0 } : false}
            activeDot={faint ? false : { r: 3.5, strokeWidth: 0 }}
            connectNulls
            isAnimationActive={false}
            type="linear"
          />
        ))}
      </LineChart>
    </ZoomLayer>
  )
}
