import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react'
import type { ChartView } from './chart.ts'
import { PLOT_MARGIN } from './plot-size.ts'
import { clampRange, ZOOM_KEYS } from './zoom.ts'

/** Shorter drags, in pixels, are clicks. */
const SHORTEST_DRAG = 5

type Drag = { readonly start: number; readonly now: number }
type Props = {
  readonly view: ChartView
  readonly label: string
  readonly children: ReactNode
  /** The pointer, or the keyboard, comes to the drawing. */
  readonly onArrive?: () => void
  readonly onLeave?: () => void
}

/** Pixels from the left of the layer to the unit of the axis. */
function xAt(view: ChartView, pixel: number, width: number): number {
  const [low, high] = [view.axis.toX(view.range.from), view.axis.toX(view.range.to)]
  const share = (pixel - PLOT_MARGIN.left) / Math.max(1, width - PLOT_MARGIN.left - PLOT_MARGIN.right)
  return low + Math.min(1, Math.max(0, share)) * (high - low)
}

/**
 * Around a drawing whose horizontal axis is the run's: drag to zoom, double click to reset, and keys. The rectangle is
 * drawn here, so that dragging draws no chart again.
 */
export function ZoomLayer({ view, label, children, onArrive, onLeave }: Props) {
  const layer = useRef<HTMLFieldSetElement>(null)
  const [drag, setDrag] = useState<Drag | null>(null)
  const widthOf = () => layer.current?.clientWidth ?? 1
  const pixelOf = (event: PointerEvent) => {
    const x = event.clientX - (layer.current?.getBoundingClientRect().left ?? 0)
    return Math.min(widthOf() - PLOT_MARGIN.right, Math.max(PLOT_MARGIN.left, x))
  }
  const dragged = drag !== null && Math.abs(drag.now - drag.start) >= SHORTEST_DRAG

  const begin = (event: PointerEvent) => {
    if (event.button !== 0 || event.pointerType === 'touch') return
    setDrag({ start: pixelOf(event), now: pixelOf(event) })
  }
  const move = (event: PointerEvent) => {
    if (drag === null) return
    if (dragged) layer.current?.setPointerCapture(event.pointerId)
    setDrag({ ...drag, now: pixelOf(event) })
  }
  const end = () => {
    setDrag(null)
    if (drag === null || !dragged) return
    const steps = [drag.start, drag.now].map((pixel) => view.axis.toStep(xAt(view, pixel, widthOf())))
    const range = { from: Math.min(...steps), to: Math.max(...steps) }
    view.onZoom(clampRange(range, view.range) ?? view.range)
  }
  const press = (event: KeyboardEvent) => {
    const change = ZOOM_KEYS[event.key]
    if (change === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    view.onZoom((now) => change(now ?? view.full, view.full))
  }

  return (
    <fieldset
      ref={layer}
      className="zoom-layer"
      aria-label={`${label}; keys plus and minus zoom, brackets move, 0 resets`}
      onPointerEnter={onArrive}
      onPointerLeave={onLeave}
      onFocus={onArrive}
      onBlur={onLeave}
      onPointerDown={begin}
      onPointerMove={move}
      onPointerUp={end}
      onPointerCancel={() => setDrag(null)}
      onDoubleClick={() => view.onZoom(null)}
      onKeyDown={press}
    >
      {children}
      {drag !== null && dragged && (
        <div
          className="zoom-rectangle"
          style={{
            left: Math.min(drag.start, drag.now),
            width: Math.abs(drag.now - drag.start),
            top: PLOT_MARGIN.top,
            bottom: PLOT_MARGIN.bottom,
          }}
        />
      )}
    </fieldset>
  )
}
