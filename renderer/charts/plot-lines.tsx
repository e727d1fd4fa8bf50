import { useId, useMemo } from 'react'
import { useActiveTooltipDataPoints, useIsTooltipActive, usePlotArea, useXAxisScale, useYAxisScale } from 'recharts'
import { type PlotLine, type PlotRow, pathOf } from './plot-line.ts'
import type { XAxisMap } from './x-axis.ts'

type Props = { readonly lines: readonly PlotLine[]; readonly axis: XAxisMap }

/**
 * The lines, each one path at recharts' scales: its own Line makes an object and several passes a point, which is what a
 * zoom of thirteen charts waited for.
 */
export function PlotLines({ lines, axis }: Props) {
  const clip = useId()
  const [area, toX, toY] = [usePlotArea(), useXAxisScale(), useYAxisScale()]
  const paths = useMemo(() => {
    if (!toX || !toY) return []
    return lines.map((line) => {
      const own = line.axis ?? axis
      return { line, d: pathOf(line.points, (step) => toX(own.toX(step)), toY) }
    })
  }, [lines, axis, toX, toY])
  if (!area) return null
  return (
    <>
      <clipPath id={clip}>
        <rect x={area.x} y={area.y - 4} width={area.width + 4} height={area.height + 8} />
      </clipPath>
      <g clipPath={`url(#${clip})`} fill="none" strokeLinejoin="round">
        {paths.map(({ line: { key, colour, faint, dash }, d }) => (
          <path
            key={key}
            className="chart-line"
            d={d}
            stroke={colour}
            strokeWidth={faint ? 1 : 1.8}
            strokeOpacity={faint ? 0.34 : 1}
            strokeDasharray={faint ? undefined : dash}
          />
        ))}
        {paths.map(({ line: { key, colour, dots }, d }) =>
          dots ? (
            // Round ends of lines without length are dots.
            <path
              key={key}
              d={d.replaceAll(/[ML]([^ML]+)/g, 'M$1h0')}
              stroke={colour}
              strokeWidth={6}
              strokeLinecap="round"
            />
          ) : null,
        )}
      </g>
    </>
  )
}

/** Dots on the lines at the row the tooltip speaks of. */
export function PlotMarks({ lines }: Pick<Props, 'lines'>) {
  const [active, rows] = [useIsTooltipActive(), useActiveTooltipDataPoints<PlotRow>()]
  const [toX, toY] = [useXAxisScale(), useYAxisScale()]
  const row = active ? rows?.[0] : undefined
  if (!row || !toX || !toY) return null
  return lines.map(({ key, colour, faint }) => {
    const value = row.values.get(key)
    if (faint || value === undefined) return null
    return <circle key={key} cx={toX(row.x)} cy={toY(value)} r={3.5} fill={colour} />
  })
}
