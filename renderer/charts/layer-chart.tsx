import { Box, Group, Text } from '@mantine/core'
import { useMemo } from 'react'
import type { MetricName } from '../../shared/domain/metric.ts'
import { rampColour, rampGradient, type Scheme } from '../theme/palette.ts'
import { type ChartProps, seriesOf } from './chart.ts'
import { decimate, within } from './decimate.ts'
import { type Figures, NUMBERS } from './figures.ts'
import { type LayerSeries, meanByLayer } from './layers.ts'
import { LinePlot } from './line-plot.tsx'
import { PlotFrame } from './plot-frame.tsx'

const Caption = ({ children }: { readonly children: string }) => (
  <Text size="xs" c="dimmed" className="numbers">
    {children}
  </Text>
)

/** First and last layer at the ends of the ordered colour scale. */
export const RampLegend = ({
  layers,
  scheme,
}: {
  readonly layers: readonly LayerSeries[]
  readonly scheme: Scheme
}) => (
  <Group gap={8} wrap="nowrap" data-legend={`layers ${layers[0]?.layer ?? 0} to ${layers.at(-1)?.layer ?? 0}`}>
    <Caption>{`layer ${layers[0]?.layer ?? 0}`}</Caption>
    <Box w={72} h={6} style={{ borderRadius: 3, background: rampGradient(scheme) }} aria-hidden="true" />
    <Caption>{`layer ${layers.at(-1)?.layer ?? 0}`}</Caption>
  </Group>
)

type Props = ChartProps & {
  readonly metric: MetricName
  readonly name: string
  readonly include?: readonly number[]
  readonly figures?: Figures
}

/** A line a layer: many lines, each of fewer points. */
const LAYER_POINTS = 160
const FROM_ZERO: readonly number[] = [0]

/** A chart of a module metric: the mean over the modules of a layer, one line a layer. */
export function LayerChart({
  metric,
  name,
  snapshot,
  view,
  logScale,
  scheme,
  include = FROM_ZERO,
  figures = NUMBERS,
}: Props) {
  const series = seriesOf(snapshot, metric)
  const layers = useMemo(() => meanByLayer(series), [series])
  const lines = useMemo(
    () =>
      layers.map(({ layer, points }, i) => ({
        key: `layer-${layer}`,
        label: `Layer ${layer}`,
        colour: rampColour(i, layers.length, scheme),
        points: decimate(within(points, view.range), LAYER_POINTS),
      })),
    [layers, scheme, view.range],
  )
  return (
    <PlotFrame empty={lines.length === 0} legend={<RampLegend layers={layers} scheme={scheme} />}>
      <LinePlot name={name} lines={lines} view={view} logScale={logScale} figures={figures} include={include} />
    </PlotFrame>
  )
}
