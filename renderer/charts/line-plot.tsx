import { useMemo, useState } from 'react'
import { flushSync } from 'react-dom'
import { Line, LineChart, Tooltip, XAxis, YAxis } from 'recharts'
import type { ChartView } from './chart.ts'
import type { Figures } from './figures.ts'
import type { Reading } from './layers.ts'
import { PlotAxes } from './plot-axes.tsx'
import { type PlotLine, type PlotRow, rowsOf } from './plot-line.ts'
import { PlotLines, PlotMarks } from './plot-lines.tsx'
import { PLOT_HEIGHT, PLOT_MARGIN } from './plot-size.ts'
import { stepTitle, TooltipBox } from './plot-tooltip.tsx'
import { linearScale, logScale, type Scale } from './scale.ts'
import type { XAxisMap } from './x-axis.ts'
import { ZoomLayer } from './zoom-layer.tsx'

type PlotProps = {
  readonly name: string
  readonly lines: readonly PlotLine[]
  readonly view: ChartView
  readonly logScale: boolean
  readonly figures: Figures
  /** Bounds the linear axis must include. */
  readonly include?: readonly number[]
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

const onlyPositive = (line: PlotLine): PlotLine => ({ ...line, points: line.points.filter(({ value }) => value > 0) })

/** What stands at a position: the step, and the unit of the axis where it is another. */
export const positionTitle = (axis: XAxisMap, step: number): string =>
  axis.mode === 'step' ? stepTitle(step) : `${stepTitle(step)} · ${axis.mode} ${axis.format(axis.toX(step))}`

type RowTooltipProps = Pick<PlotProps, 'lines' | 'view' | 'figures'> & { readonly row: PlotRow | undefined }

function RowTooltip({ row, lines, view, figures }: RowTooltipProps) {
  if (row === undefined) return null
  const shown = lines.flatMap(({ key, label, colour, faint }) => {
    const value = row.values.get(key)
    return faint || value === undefined ? [] : [{ key, label, colour, text: figures.text(value) }]
  })
  return <TooltipBox title={positionTitle(view.axis, row.step)} rows={shown} />
}

const NO_BOUNDS: readonly number[] = []
const NO_ROWS: readonly PlotRow[] = []
const CHART_STYLE = { width: '100%', height: PLOT_HEIGHT } as const
const CURSOR = { stroke: 'var(--mantine-color-dimmed)', strokeDasharray: '3 3' } as const

/** Lines over the run. What only the tooltip needs is made once the pointer, or the keyboard, is at the chart. */
export function LinePlot({ name, lines, view, logScale: log, figures, include = NO_BOUNDS }: PlotProps) {
  const [present, setPresent] = useState(false)
  const drawn = useMemo(() => (log ? lines.map(onlyPositive) : lines), [lines, log])
  const rows = useMemo(() => (present ? rowsOf(drawn, view.axis) : NO_ROWS), [present, drawn, view.axis])
  const y = useMemo(() => valueScale(drawn, view, log, include), [drawn, view, log, include])
  const [low, high] = [view.axis.toX(view.range.from), view.axis.toX(view.range.to)]
  const ticks = view.axis.ticks(low, high)
  // At once: the event that follows the arrival already asks recharts for the row under the pointer.
  const arrive = () => flushSync(() => setPresent(true))
  return (
    <ZoomLayer view={view} label={name} onArrive={arrive} onLeave={() => setPresent(false)}>
      <LineChart responsive data={rows} margin={PLOT_MARGIN} style={CHART_STYLE} aria-label={name}>
        <XAxis hide dataKey="x" type="number" domain={[low, high]} niceTicks="none" allowDataOverflow />
        <YAxis
          hide
          type="number"
          scale={log ? 'log' : 'linear'}
          domain={[...y.domain]}
          niceTicks="none"
          allowDataOverflow
        />
        <PlotAxes
          x={{ ticks, texts: ticks.map(view.axis.format) }}
          y={{ ticks: y.ticks, texts: figures.ticks(y.ticks) }}
        />
        <PlotLines lines={drawn} axis={view.axis} />
        {present && <PlotMarks lines={drawn} />}
        {/* Draws nothing: recharts' tooltip speaks of the rows of a line. */}
        {present && <Line hide dataKey="x" />}
        {present && (
          <Tooltip
            includeHidden
            isAnimationActive={false}
            cursor={CURSOR}
            content={({ active, payload }) =>
              active ? <RowTooltip row={payload[0]?.payload} lines={drawn} view={view} figures={figures} /> : null
            }
          />
        )}
      </LineChart>
    </ZoomLayer>
  )
}
