import { Group, NativeSelect, SegmentedControl, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import { formatCount, formatNumber } from '../format/numbers.ts'
import { rampColour, rampGradient, type Scheme } from '../theme/palette.ts'
import { type ChartProps, type ChartSpec, hasTrajectory, seriesOf } from './chart.ts'
import { type DecompositionPoint, decompositionPoints, kindOf } from './decomposition-points.ts'
import { Legend, PlotFrame } from './plot-frame.tsx'
import { ScatterPlot } from './scatter-plot.tsx'
import type { ScatterGroup } from './scatter-points.tsx'
import { seriesStyle } from './series-style.ts'
import { SMALL_CONTROL, SMALL_SELECT } from './small-controls.ts'
import { type Fit, fitLine } from './statistics.ts'
import { type ScatterShape, SHAPES } from './symbols.ts'

const SHOWN = { latest: 'Now', run: 'Whole run' } as const
type Shown = keyof typeof SHOWN

/** What the colour of a point says. */
const COLOURINGS = {
  layer: { label: 'Colour: layer' },
  step: { label: 'Colour: step' },
  kind: { label: 'Colour: module' },
} as const
type Colouring = keyof typeof COLOURINGS

const ordered = <T extends string | number>(values: readonly T[]): T[] =>
  [...new Set(values)].sort((a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : a < b ? -1 : 1))

/** Steps in more groups than this cannot be told apart by colour. */
const STEP_GROUPS = 12

/** Points in groups of one colour and shape; the shape is that of the module's kind. */
function groupsOf(points: readonly DecompositionPoint[], by: Colouring, kinds: readonly string[], scheme: Scheme) {
  const steps = ordered(points.map(({ step }) => step))
  const layers = ordered(points.map(({ layer }) => layer))
  const stepGroup = (step: number) =>
    Math.floor((steps.indexOf(step) * Math.min(STEP_GROUPS, steps.length)) / steps.length)
  const colours: Record<Colouring, (point: DecompositionPoint) => string> = {
    layer: ({ layer }) => rampColour(layers.indexOf(layer), layers.length, scheme),
    step: ({ step }) => rampColour(stepGroup(step), Math.min(STEP_GROUPS, steps.length), scheme),
    kind: ({ kind }) => seriesStyle(kinds.indexOf(kind), scheme).colour,
  }
  const groups = new Map<string, ScatterGroup & { points: DecompositionPoint[] }>()
  for (const point of points) {
    const colour = colours[by](point)
    const shape = by === 'kind' ? (SHAPES[kinds.indexOf(point.kind) % SHAPES.length] as ScatterShape) : 'circle'
    const key = `${colour} ${shape}`
    const group = groups.get(key) ?? { key, colour, shape, points: [], fit: null }
    group.points.push(point)
    groups.set(key, group)
  }
  return [...groups.values()]
}

const Figures = ({ fit }: { readonly fit: Fit | null }) => {
  if (fit === null)
    return (
      <Text size="xs" c="dimmed">
        too few points
      </Text>
    )
  const text = `correlation ${fit.correlation.toFixed(2)}, slope ${formatNumber(fit.slope)}`
  return (
    <Text size="xs" c="dimmed" className="numbers" style={{ whiteSpace: 'nowrap' }} data-legend={text} title={text}>
      {'r '}
      <b>{fit.correlation.toFixed(2)}</b>
      {'  slope '}
      <b>{formatNumber(fit.slope)}</b>
    </Text>
  )
}

type KeyProps = { points: readonly DecompositionPoint[]; by: Colouring; kinds: readonly string[]; scheme: Scheme }

/** What the colours mean. */
const ColourKey = ({ points, by, kinds, scheme }: KeyProps) => {
  if (by === 'kind')
    return <Legend items={kinds.map((label, i) => ({ label, colour: seriesStyle(i, scheme).colour, dots: true }))} />
  const values = ordered(points.map((point) => (by === 'layer' ? point.layer : point.step)))
  const [low = 0, high = 0] = [values[0], values.at(-1)]
  const text = `${by} ${formatCount(low)} to ${formatCount(high)}`
  return (
    <Group gap={6} wrap="nowrap" data-legend={text} miw={0}>
      <Text size="xs" c="dimmed" className="numbers" style={{ whiteSpace: 'nowrap' }}>
        {`${by} ${formatCount(low)}`}
      </Text>
      <span className="colour-ramp" style={{ background: rampGradient(scheme) }} aria-hidden="true" />
      <Text size="xs" c="dimmed" className="numbers">
        {formatCount(high)}
      </Text>
    </Group>
  )
}

const keyOf = <K extends string>(list: Readonly<Record<K, unknown>>, text: string, fallback: K): K =>
  (Object.keys(list) as K[]).find((key) => key === text) ?? fallback

function DecompositionChart({ snapshot, view, scheme }: ChartProps) {
  const [shown, setShown] = useState<Shown>('latest')
  const [by, setBy] = useState<Colouring>('layer')
  const [only, setOnly] = useState('')
  const deltaD = seriesOf(snapshot, 'delta_d')
  const deltaM = seriesOf(snapshot, 'delta_m')
  const kinds = useMemo(() => ordered(deltaD.map(({ module }) => kindOf(module))), [deltaD])
  const points = useMemo(
    () => decompositionPoints(deltaD, deltaM, shown, view.range).filter(({ kind }) => only === '' || kind === only),
    [deltaD, deltaM, shown, view.range, only],
  )
  const fit = useMemo(() => fitLine(points), [points])
  const groups = useMemo(() => groupsOf(points, by, kinds, scheme), [points, by, kinds, scheme])
  const legend = (
    <Group gap={12} wrap="nowrap" justify="space-between" w="100%" miw={0}>
      <Group gap={14} wrap="nowrap" miw={0} style={{ overflow: 'hidden' }}>
        <Figures fit={fit} />
        <ColourKey points={points} by={by} kinds={only === '' ? kinds : [only]} scheme={scheme} />
      </Group>
      <Group gap={8} wrap="nowrap">
        <NativeSelect
          {...SMALL_SELECT}
          aria-label="Modules shown"
          value={only}
          onChange={({ currentTarget }) => setOnly(currentTarget.value)}
          data={[{ value: '', label: 'All modules' }, ...kinds]}
        />
        <NativeSelect
          {...SMALL_SELECT}
          w={130}
          aria-label="Meaning of the colours"
          value={by}
          onChange={({ currentTarget }) => setBy(keyOf(COLOURINGS, currentTarget.value, 'layer'))}
          data={Object.entries(COLOURINGS).map(([value, { label }]) => ({ value, label }))}
        />
        <SegmentedControl
          {...SMALL_CONTROL}
          data={Object.entries(SHOWN).map(([value, label]) => ({ value, label }))}
          value={shown}
          onChange={(value) => setShown(keyOf(SHOWN, value, 'latest'))}
          aria-label="Points shown"
        />
      </Group>
    </Group>
  )
  const fits = fit === null ? [] : [{ key: 'all', fit, colour: 'var(--mantine-color-dimmed)', dash: '5 4' }]
  return (
    <PlotFrame empty={deltaD.length === 0} legend={legend}>
      <ScatterPlot name="ΔM against ΔD of the modules" groups={groups} fits={fits} />
    </PlotFrame>
  )
}

export const decompositionChart: ChartSpec = {
  id: 'decomposition',
  title: 'ΔM against ΔD',
  caption: 'by module; ΔD across, ΔM up, with the fitted line',
  group: 'decomposition',
  wide: true,
  metrics: ['delta_m', 'delta_d'],
  appliesTo: hasTrajectory,
  component: DecompositionChart,
}
