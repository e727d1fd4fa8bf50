import { useElementSize } from '@mantine/hooks'
import { type MouseEvent, useMemo, useState } from 'react'
import { formatNumber } from '../format/numbers.ts'
import type { Scheme } from '../theme/palette.ts'
import type { ChartView } from './chart.ts'
import { type HeatGrid, heatColour, heatPaths, heatShare } from './heat.ts'
import { positionTitle } from './line-plot.tsx'
import { AXIS_TICK, XLabels } from './plot-axes.tsx'
import { PLOT_HEIGHT, PLOT_MARGIN } from './plot-size.ts'
import { FloatingBox } from './plot-tooltip.tsx'
import { ZoomLayer } from './zoom-layer.tsx'

type Props = {
  readonly name: string
  readonly grid: HeatGrid
  readonly view: ChartView
  readonly scheme: Scheme
  readonly logScale: boolean
  readonly onLayer: (layer: number) => void
}

const MOST_LABELS = 8
const BOTTOM = PLOT_HEIGHT - PLOT_MARGIN.bottom
const TALL = BOTTOM - PLOT_MARGIN.top

type Cell = { readonly row: number; readonly column: number; readonly x: number; readonly y: number }

const LayerLabels = ({ grid }: { readonly grid: HeatGrid }) => {
  const every = Math.ceil(grid.rows.length / MOST_LABELS)
  const height = TALL / grid.rows.length
  return grid.rows.map(({ layer }, i) =>
    i % every === 0 ? (
      <text key={layer} x={PLOT_MARGIN.left - 6} y={BOTTOM - (i + 0.5) * height + 4} textAnchor="end" {...AXIS_TICK}>
        {layer}
      </text>
    ) : null,
  )
}

const StepAxis = ({ view, width }: { readonly view: ChartView; readonly width: number }) => {
  const [low, high] = [view.axis.toX(view.range.from), view.axis.toX(view.range.to)]
  const left = PLOT_MARGIN.left
  const toPixels = (x: number) => left + ((x - low) / (high - low)) * width
  const labels = view.axis.ticks(low, high).map((tick) => ({ tick, text: view.axis.format(tick), x: toPixels(tick) }))
  return <XLabels labels={labels} left={left} right={left + width} bottom={BOTTOM} />
}

/** Layers up, the run across, the value as colour. A click names the layer. */
export function HeatPlot({ name, grid, view, scheme, logScale, onLayer }: Props) {
  const { ref, width: outer } = useElementSize()
  const [cell, setCell] = useState<Cell | null>(null)
  const paths = useMemo(() => heatPaths(grid, scheme, logScale), [grid, scheme, logScale])
  const width = Math.max(0, outer - PLOT_MARGIN.left - PLOT_MARGIN.right)
  const cellAt = (event: MouseEvent<SVGElement>): Cell | null => {
    const box = event.currentTarget.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    const row = grid.rows.length - 1 - Math.floor(((y - PLOT_MARGIN.top) / TALL) * grid.rows.length)
    const column = Math.floor(((x - PLOT_MARGIN.left) / width) * grid.columns)
    const inside = row >= 0 && row < grid.rows.length && column >= 0 && column < grid.columns
    return inside ? { row, column, x, y } : null
  }
  const shown = cell === null ? null : grid.rows[cell.row]
  const value = cell === null ? null : (shown?.values[cell.column] ?? null)
  return (
    <ZoomLayer view={view} label={name}>
      <div ref={ref} style={{ height: PLOT_HEIGHT, position: 'relative' }}>
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the list of layers beside the drawing does the same by keyboard */}
        <svg
          className="studio-plot heat-plot"
          role="img"
          aria-label={name}
          width="100%"
          height={PLOT_HEIGHT}
          onMouseMove={(event) => setCell(cellAt(event))}
          onMouseLeave={() => setCell(null)}
          onClick={(event) => {
            const hit = cellAt(event)
            const row = hit && grid.rows[hit.row]
            if (row) onLayer(row.layer)
          }}
        >
          <g
            transform={`translate(${PLOT_MARGIN.left} ${PLOT_MARGIN.top}) scale(${width / grid.columns} ${TALL / grid.rows.length})`}
          >
            {paths.map(({ colour, d }) => (
              <path key={colour} d={d} fill={colour} shapeRendering="crispEdges" />
            ))}
          </g>
          <LayerLabels grid={grid} />
          <StepAxis view={view} width={width} />
        </svg>
        {cell && shown && value !== null && (
          <FloatingBox
            {...{ x: cell.x, y: cell.y, width: outer }}
            title={`Layer ${shown.layer}`}
            rows={[
              {
                key: 'value',
                label: positionTitle(view.axis, Math.round(grid.steps[cell.column] ?? 0)),
                colour: `rgb(${heatColour(heatShare(value, grid, logScale), scheme).join(' ')})`,
                text: formatNumber(value, 4),
              },
            ]}
          />
        )}
      </div>
    </ZoomLayer>
  )
}
