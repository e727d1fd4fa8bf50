import { Box, Group, NativeSelect, SegmentedControl, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import { formatNumber } from '../format/numbers.ts'
import type { Scheme } from '../theme/palette.ts'
import { type ChartProps, type ChartSpec, hasTrajectory, seriesOf } from './chart.ts'
import { decimate, within } from './decimate.ts'
import { NUMBERS } from './figures.ts'
import { type HeatGrid, heatGradient, heatGrid } from './heat.ts'
import { HeatPlot } from './heat-plot.tsx'
import { layerOf, meanByLayer } from './layers.ts'
import { LinePlot } from './line-plot.tsx'
import { Legend, PlotFrame } from './plot-frame.tsx'
import type { PlotLine } from './plot-line.ts'
import { seriesStyle } from './series-style.ts'
import { SMALL_CONTROL, SMALL_SELECT } from './small-controls.ts'

type Measure = 'delta_d' | 'delta_m'

const MEASURES: { label: string; value: Measure }[] = [
  { label: 'ΔD', value: 'delta_d' },
  { label: 'ΔM', value: 'delta_m' },
]
const COLUMNS = 120
const shortModule = (module: string): string => module.split('.').at(-1) ?? module

const HeatLegend = ({ grid, scheme, logScale }: { grid: HeatGrid; scheme: Scheme; logScale: boolean }) => {
  const low = logScale ? formatNumber(grid.min) : '0'
  const high = formatNumber(grid.max)
  return (
    <Group gap={8} wrap="nowrap" data-legend={`${low} (pale) to ${high}`}>
      <Text size="xs" c="dimmed" className="numbers">
        {low}
      </Text>
      <Box w={72} h={8} style={{ borderRadius: 3, background: heatGradient(scheme) }} aria-hidden="true" />
      <Text size="xs" c="dimmed" className="numbers" style={{ whiteSpace: 'nowrap' }}>
        {high}
      </Text>
    </Group>
  )
}

/** A layer's number, or embeddings and heads, which are in none. */
type Place = number | typeof OUTSIDE
const OUTSIDE = 'outside'

/** One line a module of the layer, or of those outside. */
function linesOf({ snapshot, view, scheme }: ChartProps, measure: Measure, place: Place): PlotLine[] {
  const modules = seriesOf(snapshot, measure).filter(({ module }) => (layerOf(module) ?? OUTSIDE) === place)
  return modules.map(({ module, points }, i) => ({
    key: module,
    label: shortModule(module),
    ...seriesStyle(i, scheme),
    points: decimate(within(points, view.range)),
  }))
}

function gridOf({ snapshot, view }: ChartProps, measure: Measure): HeatGrid {
  const layers = meanByLayer(seriesOf(snapshot, measure))
  const readings = Math.max(1, ...layers.map(({ points }) => within(points, view.range).length))
  const columns = Math.min(COLUMNS, Math.max(1, readings - 1))
  const [low, high] = [view.axis.toX(view.range.from), view.axis.toX(view.range.to)]
  const last = layers.reduce((end, { points }) => Math.max(end, points.at(-1)?.step ?? 0), 0)
  // A run at work has columns for what is still to come, as wide as those it has filled.
  const filled = Math.max(1e-9, Math.min(high, view.axis.toX(last)) - low)
  const count = Math.min(4 * COLUMNS, Math.max(1, Math.round((columns * (high - low)) / filled)))
  const edges = Array.from({ length: count + 1 }, (_, i) => view.axis.toStep(low + (i / count) * (high - low)))
  return heatGrid(layers, edges)
}

function HeatMapChart(props: ChartProps) {
  const { snapshot, view, scheme, logScale } = props
  const [measure, setMeasure] = useState<Measure>('delta_d')
  const [chosen, setChosen] = useState<Place | null>(null)
  const series = seriesOf(snapshot, measure)
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the snapshot only these series matter
  const grid = useMemo(() => gridOf(props, measure), [series, view, measure])
  const outside = series.some(({ module }) => layerOf(module) === null)
  // Where embeddings alone are adapted there are no layers to show.
  const place = chosen ?? (outside && grid.rows.length === 0 ? OUTSIDE : null)
  const lines = place === null ? [] : linesOf(props, measure, place)
  const symbol = measure === 'delta_d' ? 'ΔD' : 'ΔM'
  const legend = (
    <Group gap={12} wrap="nowrap" w="100%" justify="space-between" miw={0}>
      <Group gap={12} wrap="nowrap" miw={0} style={{ overflow: 'hidden' }}>
        {place === null ? (
          <HeatLegend grid={grid} scheme={scheme} logScale={logScale} />
        ) : (
          <Legend items={lines.map(({ label, colour, dash }) => ({ label, colour, dash }))} />
        )}
      </Group>
      <Group gap={8} wrap="nowrap">
        <NativeSelect
          {...SMALL_SELECT}
          aria-label="Layer shown by module"
          value={place === null ? '' : String(place)}
          onChange={({ currentTarget: { value } }) =>
            setChosen(value === '' ? null : value === OUTSIDE ? OUTSIDE : Number(value))
          }
          data={[
            { value: '', label: 'All layers' },
            ...grid.rows.map((row) => ({ value: String(row.layer), label: `Layer ${row.layer}` })),
            ...(outside ? [{ value: OUTSIDE, label: 'Outside the layers' }] : []),
          ]}
        />
        <SegmentedControl
          {...SMALL_CONTROL}
          data={MEASURES}
          value={measure}
          onChange={(value) => setMeasure(value === 'delta_m' ? 'delta_m' : 'delta_d')}
          aria-label="What the colour shows"
        />
      </Group>
    </Group>
  )
  return (
    <PlotFrame empty={grid.rows.length === 0 && !outside} legend={legend}>
      {place === null ? (
        <HeatPlot
          name={`${symbol} of every layer over the run`}
          grid={grid}
          view={view}
          scheme={scheme}
          logScale={logScale}
          onLayer={setChosen}
        />
      ) : (
        <LinePlot
          name={`${symbol} of the modules ${place === OUTSIDE ? 'outside the layers' : `of layer ${place}`}`}
          lines={lines}
          view={view}
          logScale={logScale}
          figures={NUMBERS}
        />
      )}
    </PlotFrame>
  )
}

export const heatMapChart: ChartSpec = {
  id: 'heat-map',
  title: 'Layers over the run',
  caption: 'mean of the modules of a layer; click a layer for its modules',
  group: 'decomposition',
  wide: true,
  metrics: ['delta_d', 'delta_m'],
  appliesTo: hasTrajectory,
  component: HeatMapChart,
}
