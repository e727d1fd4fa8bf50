import { useElementSize } from '@mantine/hooks'
import { type MouseEvent, useMemo, useState } from 'react'
import { formatNumber } from '../format/numbers.ts'
import type { Scheme } from '../theme/palette.ts'
import type { ChartView } from './chart.ts'
import { type HeatGrid, heatColour, heatShare } from './heat.ts'
import { AXIS_TICK, positionTitle } from './line-plot.tsx'
import { PLOT_HEIGHT, PLOT_MARGIN, X_AXIS_HEIGHT, Y_AXIS_WIDTH } from './plot-frame.tsx'
import { TooltipBox } from './plot-tooltip.tsx'
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
const BOTTOM = PLOT_HEIGHT - X_AXIS_HEIGHT
const TALL = BOTTOM - PLOT_MARGIN.top

/** The grid as a picture of one pixel a cell, first layer at the bottom. */
function pictureOf(grid: HeatGrid, scheme: Scheme, log: boolean): string {
  const canvas = document.createElement('canvas')
  canvas.width = grid.columns
  canvas.height = grid.rows.length
  const paint = canvas.getContext('2d')
  if (paint === null) return ''
  const pixels = paint.createImageData(canvas.width, canvas.height)
  grid.rows.forEach(({ values }, row) => {
    values.forEach((value, column) => {
      if (value === null) return
      const at = 4 * ((grid.rows.length - 1 - row) * grid.columns + column)
      pixels.data.set([...heatColour(heatShare(value, grid, log), scheme), 255], at)
    })
  })
  paint.putImageData(pixels, 0, 0)
  return canvas.toDataURL()
}

type Cell = { readonly row: number; readonly column: number; readonly x: number; readonly y: number }

const LayerLabels = ({ grid }: { readonly grid: HeatGrid }) => {
  const every = Math.ceil(grid.rows.length / MOST_LABELS)
  const height = TALL / grid.rows.length
  return grid.rows.map(({ layer }, i) =>
    i % every === 0 ? (
      <text key={layer} x={Y_AXIS_WIDTH - 6} y={BOTTOM - (i + 0.5) * height + 4} textAnchor="end" {...AXIS_TICK}>
        {layer}
      </text>
    ) : null,
  )
}

const StepAxis = ({ view, width }: { readonly view: ChartView; readonly width: number }) => {
  const [low, high] = [view.axis.toX(view.range.from), view.axis.toX(view.range.to)]
  return view.axis.ticks(low, high).map((tick) => (
    <text
      key={tick}
      x={Y_AXIS_WIDTH + ((tick - low) / (high - low)) * width}
      y={PLOT_HEIGHT - 6}
      textAnchor="middle"
      {...AXIS_TICK}
    >
      {view.axis.format(tick)}
    </text>
  ))
}

/** Layers up, the run across, the value as colour. A click names the layer. */
export function HeatPlot({ name, grid, view, scheme, logScale, onLayer }: Props) {
  const { ref, width: outer } = useElementSize()
  const [cell, setCell] = useState<Cell | null>(null)
  const picture = useMemo(() => pictureOf(grid, scheme, logScale), [grid, scheme, logScale])
  const width = Math.max(0, outer - Y_AXIS_WIDTH - PLOT_MARGIN.right)
  const cellAt = (event: MouseEvent<SVGElement>): Cell | null => {
    const box = event.currentTarget.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    const row = grid.rows.length - 1 - Math.floor(((y - PLOT_MARGIN.top) / TALL) * grid.rows.length)
    const column = Math.floor(((x - Y_AXIS_WIDTH) / width) * grid.columns)
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
          <image
            href={picture}
            x={Y_AXIS_WIDTH}
            y={PLOT_MARGIN.top}
            width={width}
            height={TALL}
            preserveAspectRatio="none"
            style={{ imageRendering: 'pixelated' }}
          />
          <LayerLabels grid={grid} />
          <StepAxis view={view} width={width} />
        </svg>
        {cell && shown && value !== null && (
          <div
            style={{
              position: 'absolute',
              pointerEvents: 'none',
              zIndex: 5,
              top: Math.min(cell.y + 12, PLOT_HEIGHT - 80),
              ...(cell.x > outer / 2 ? { right: outer - cell.x + 12 } : { left: cell.x + 12 }),
            }}
          >
            <TooltipBox
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
          </div>
        )}
      </div>
    </ZoomLayer>
  )
}
