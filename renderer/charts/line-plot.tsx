import { useMemo } from 'react'
import { CartesianGrid, Line, LineChart, Tooltip, XAxis, YAxis } from 'recharts'
import { formatCompact } from '../format/numbers.ts'
import type { Reading } from './layers.ts'
import { PLOT_HEIGHT } from './plot-frame.tsx'
import { stepTitle, TooltipBox, type TooltipRow } from './plot-tooltip.tsx'
import { linearScale, logScale, type Scale, stepScale } from './scale.ts'

export type PlotLine = {
  readonly key: string
  readonly label: string
  readonly colour: string
  readonly points: readonly Reading[]
  /** Raw values behind a smoothed line: thin, and not in the tooltip. */
  readonly faint?: boolean
  /** Few values far apart: each is marked. */
  readonly dots?: boolean
}

type PlotProps = {
  readonly name: string
  readonly lines: readonly PlotLine[]
  readonly axisEnd: number
  readonly logScale: boolean
  readonly format: (value: number) => string
  /** Bounds the linear axis must include. */
  readonly include?: readonly number[]
}

type Row = Record<string, number>

/** One row a step, as recharts wants it; lines without a value at a step have no key there. */
export function rowsOf(lines: readonly PlotLine[]): Row[] {
  const rows = new Map<number, Row>()
  for (const { key, points } of lines) {
    for (const { step, value } of points) {
      const row = rows.get(step) ?? { step }
      row[key] = value
      rows.set(step, row)
    }
  }
  return [...rows.values()].sort((a, b) => (a.step as number) - (b.step as number))
}

function valueScale(lines: readonly PlotLine[], log: boolean, include: readonly number[]): Scale {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const { points } of lines) {
    for (const { value } of points) {
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  }
  return log ? logScale(low, high) : linearScale(Math.min(low, ...include), Math.max(high, ...include))
}

const onlyPositive = (line: PlotLine): PlotLine => ({ ...line, points: line.points.filter(({ value }) => value > 0) })

export const AXIS_TICK = { fontSize: 11, fill: 'var(--mantine-color-dimmed)' } as const
export const PLOT_MARGIN = { top: 6, right: 12, bottom: 0, left: 0 } as const
export const Y_AXIS_WIDTH = 46

/** Lines over optimizer steps. */
export function LinePlot({ name, lines, axisEnd, logScale: log, format, include = [] }: PlotProps) {
  const drawn = useMemo(() => (log ? lines.map(onlyPositive) : lines), [lines, log])
  const rows = useMemo(() => rowsOf(drawn), [drawn])
  const y = valueScale(drawn, log, include)
  const x = stepScale(Math.max(axisEnd, rows.at(-1)?.step ?? 0))
  const tooltipRows = (row: Row): TooltipRow[] =>
    drawn
      .filter(({ key, faint }) => !faint && row[key] !== undefined)
      .map(({ key, label, colour }) => ({ key, label, colour, text: format(row[key] as number) }))

  return (
    <LineChart
      responsive
      data={rows}
      margin={PLOT_MARGIN}
      style={{ width: '100%', height: PLOT_HEIGHT }}
      aria-label={name}
    >
      <CartesianGrid stroke="var(--chart-grid)" vertical={false} />
      <XAxis
        dataKey="step"
        type="number"
        domain={[...x.domain]}
        ticks={[...x.ticks]}
        tickFormatter={formatCompact}
        tick={AXIS_TICK}
        tickLine={false}
        axisLine={{ stroke: 'var(--studio-line)' }}
        height={22}
      />
      <YAxis
        type="number"
        scale={log ? 'log' : 'linear'}
        domain={[...y.domain]}
        ticks={[...y.ticks]}
        tickFormatter={format}
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
          return shown.length === 0 ? null : <TooltipBox title={stepTitle(row.step as number)} rows={shown} />
        }}
      />
      {drawn.map(({ key, colour, faint = false, dots = false }) => (
        <Line
          key={key}
          dataKey={key}
          stroke={colour}
          strokeWidth={faint ? 1 : 1.8}
          strokeOpacity={faint ? 0.34 : 1}
          dot={dots ? { r: 3, fill: colour, strokeWidth: 0 } : false}
          activeDot={faint ? false : { r: 3.5, strokeWidth: 0 }}
          connectNulls
          isAnimationActive={false}
          type="linear"
        />
      ))}
    </LineChart>
  )
}
