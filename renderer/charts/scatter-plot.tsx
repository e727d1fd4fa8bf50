import { useElementSize } from '@mantine/hooks'
import { useState } from 'react'
import { ScatterChart, XAxis, YAxis } from 'recharts'
import { formatNumber } from '../format/numbers.ts'
import { NUMBERS } from './figures.ts'
import { PlotAxes } from './plot-axes.tsx'
import { PLOT_HEIGHT, PLOT_MARGIN } from './plot-size.ts'
import { FloatingBox, stepTitle } from './plot-tooltip.tsx'
import { linearScale, type Scale } from './scale.ts'
import { type FitLine, type PlacedPoint, type ScatterGroup, ScatterPoints } from './scatter-points.tsx'

type Props = { readonly name: string; readonly groups: readonly ScatterGroup[]; readonly fits: readonly FitLine[] }

const scaleOf = (values: readonly number[]): Scale => linearScale(Math.min(0, ...values), Math.max(0, ...values))

const axisOf = ({ ticks }: Scale) => ({ ticks, texts: NUMBERS.ticks(ticks) })

type TooltipProps = { readonly placed: PlacedPoint; readonly width: number }

const PointTooltip = ({ placed: { point, group, x, y }, width }: TooltipProps) => (
  <FloatingBox
    {...{ x, y, width }}
    title={`${group.title ?? ''}Layer ${point.layer}, ${point.kind} · ${stepTitle(point.step)}`}
    rows={[
      { key: 'd', label: 'ΔD', colour: 'transparent', text: formatNumber(point.x, 4) },
      { key: 'm', label: 'ΔM', colour: 'transparent', text: formatNumber(point.y, 4) },
    ]}
  />
)

/** ΔM over ΔD, as in the paper's analysis: groups of points, and lines fitted to them. */
export function ScatterPlot({ name, groups, fits }: Props) {
  const { ref, width } = useElementSize()
  const [placed, setPlaced] = useState<PlacedPoint | null>(null)
  const all = groups.flatMap(({ points }) => points)
  const x = scaleOf(all.map((point) => point.x))
  const y = scaleOf(all.map((point) => point.y))
  return (
    <div ref={ref} style={{ position: 'relative', height: PLOT_HEIGHT }}>
      <ScatterChart responsive margin={PLOT_MARGIN} style={{ width: '100%', height: PLOT_HEIGHT }} aria-label={name}>
        <XAxis hide dataKey="x" type="number" domain={[...x.domain]} niceTicks="none" allowDataOverflow />
        <YAxis hide dataKey="y" type="number" domain={[...y.domain]} niceTicks="none" allowDataOverflow />
        <PlotAxes x={axisOf(x)} y={axisOf(y)} bothGrids />
        <ScatterPoints groups={groups} fits={fits} domain={x.domain} onPoint={setPlaced} />
      </ScatterChart>
      {placed && <PointTooltip placed={placed} width={width} />}
    </div>
  )
}
