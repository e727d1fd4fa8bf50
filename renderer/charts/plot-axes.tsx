import { usePlotArea, useXAxisScale, useYAxisScale } from 'recharts'
import { PLOT_MARGIN } from './plot-size.ts'

export const AXIS_TICK = { fontSize: 11, fill: 'var(--mantine-color-dimmed)' } as const
/** Width of a digit at that size, in pixels. */
const DIGIT = 6.2
/** Least space between two labels, in pixels. */
const SPACE = 8

type Label = { readonly tick: number; readonly text: string; readonly x: number }

/**
 * Centres of the labels under the horizontal axis: the outer ones stay inside `left` to `right`, and one that would run
 * into the label after it is left out.
 */
export function placeLabels(labels: readonly Label[], left: number, right: number): Label[] {
  const placed: Label[] = []
  let free = right
  for (const label of labels.toReversed()) {
    const half = (label.text.length * DIGIT) / 2
    const x = Math.max(left + half, Math.min(right - half, label.x))
    if (placed.length > 0 && x + half > free) continue
    placed.unshift({ ...label, x })
    free = x - half - SPACE
  }
  return placed
}

type XLabelsProps = {
  readonly labels: readonly Label[]
  /** The drawing without its margins, in pixels. */
  readonly left: number
  readonly right: number
  readonly bottom: number
}

/** Labels under the horizontal axis. */
export const XLabels = ({ labels, left, right, bottom }: XLabelsProps) => (
  <g className="axis-x" textAnchor="middle" {...AXIS_TICK}>
    {placeLabels(labels, left / 2, right + PLOT_MARGIN.right).map(({ tick, text, x }) => (
      <text key={tick} x={x} y={bottom + 16}>
        {text}
      </text>
    ))}
  </g>
)

type Axis = { readonly ticks: readonly number[]; readonly texts: readonly string[] }
type Props = {
  readonly x: Axis
  readonly y: Axis
  /** Lines at the ticks of the horizontal axis too. */
  readonly bothGrids?: boolean
}

/**
 * Grid and labels of the axes at recharts' scales. Its own axes take three times as long, since each measures its labels
 * in the page and draws twice.
 */
export function PlotAxes({ x, y, bothGrids = false }: Props) {
  const [area, toX, toY] = [usePlotArea(), useXAxisScale(), useYAxisScale()]
  if (!area || !toX || !toY) return null
  const [right, bottom] = [area.x + area.width, area.y + area.height]
  const columns = x.ticks.map((tick, i) => ({ tick, text: x.texts[i] ?? '', x: toX(tick) ?? area.x }))
  const rows = y.ticks.map((tick, i) => ({ tick, text: y.texts[i] ?? '', y: toY(tick) ?? bottom }))
  return (
    <>
      <g stroke="var(--chart-grid)" fill="none">
        {rows.map(({ tick, y }) => (
          <path key={tick} d={`M${area.x} ${y}H${right}`} />
        ))}
        {bothGrids && columns.map(({ tick, x }) => <path key={tick} d={`M${x} ${area.y}V${bottom}`} />)}
        <path d={`M${area.x} ${bottom}H${right}`} stroke="var(--studio-line)" />
      </g>
      <g className="axis-y" textAnchor="end" {...AXIS_TICK}>
        {rows.map(({ tick, text, y }) => (
          <text key={tick} x={area.x - 8} y={y + 4}>
            {text}
          </text>
        ))}
      </g>
      <XLabels labels={columns} left={area.x} right={right} bottom={bottom} />
    </>
  )
}
