import { type MouseEvent, useId, useMemo } from 'react'
import { usePlotArea, useXAxisScale, useYAxisScale } from 'recharts'
import type { DecompositionPoint } from './decomposition-points.ts'
import type { Scale } from './scale.ts'
import type { Fit } from './statistics.ts'
import { type ScatterShape, symbolPath } from './symbols.ts'

export type ScatterGroup = {
  readonly key: string
  readonly colour: string
  readonly shape?: ScatterShape
  readonly points: readonly DecompositionPoint[]
  readonly fit: Fit | null
  /** Before the place in the tooltip's title: the run, where there are several. */
  readonly title?: string
}
export type FitLine = { readonly key: string; readonly fit: Fit; readonly colour: string; readonly dash: string }

/** A point of the drawing and where it is, in pixels. */
export type PlacedPoint = {
  readonly point: DecompositionPoint
  readonly group: ScatterGroup
  readonly x: number
  readonly y: number
}

/** The pointer is at a point from so near, in pixels. */
const REACH = 12
const RADIUS = 4.5
/** From so many points on, they let each other shine through. */
const MANY = 60

/** The nearest point within reach of a place. */
export function nearestPoint(points: readonly PlacedPoint[], x: number, y: number): PlacedPoint | null {
  let nearest: PlacedPoint | null = null
  let least = REACH
  for (const placed of points) {
    const distance = Math.hypot(placed.x - x, placed.y - y)
    if (distance > least) continue
    nearest = placed
    least = distance
  }
  return nearest
}

type Props = {
  readonly groups: readonly ScatterGroup[]
  readonly fits: readonly FitLine[]
  readonly domain: Scale['domain']
  readonly onPoint: (placed: PlacedPoint | null) => void
}

/** The points and the lines fitted to them, at recharts' scales; what leaves the drawing is clipped. */
export function ScatterPoints({ groups, fits, domain: [low, high], onPoint }: Props) {
  const clip = useId()
  const [area, toX, toY] = [usePlotArea(), useXAxisScale(), useYAxisScale()]
  const placed = useMemo(() => {
    if (!toX || !toY) return []
    return groups.flatMap((group) =>
      group.points.map((point): PlacedPoint => ({ point, group, x: toX(point.x) ?? 0, y: toY(point.y) ?? 0 })),
    )
  }, [groups, toX, toY])
  if (!area || !toX || !toY) return null
  const line = ({ slope, intercept }: Fit) =>
    `M${toX(low)} ${toY(slope * low + intercept)}L${toX(high)} ${toY(slope * high + intercept)}`
  const find = (event: MouseEvent<SVGRectElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    onPoint(nearestPoint(placed, area.x + event.clientX - box.left, area.y + event.clientY - box.top))
  }
  return (
    <>
      <clipPath id={clip}>
        <rect {...area} />
      </clipPath>
      <g clipPath={`url(#${clip})`}>
        {fits.map(({ key, fit, colour, dash }) => (
          <path key={key} className="chart-fit" d={line(fit)} fill="none" stroke={colour} strokeDasharray={dash} />
        ))}
      </g>
      <g fillOpacity={placed.length <= MANY ? 0.9 : 0.65}>
        {placed.map(({ point: { module, step }, group: { key, colour, shape = 'circle' }, x, y }) => (
          <path
            key={`${key} ${module} ${step}`}
            className="chart-point"
            d={symbolPath(shape, RADIUS)}
            transform={`translate(${x} ${y})`}
            fill={colour}
          />
        ))}
      </g>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the points' values are in the CSV for those without a pointer */}
      <rect {...area} fill="none" pointerEvents="all" onMouseMove={find} onMouseLeave={() => onPoint(null)} />
    </>
  )
}
