import { Box, Group, Skeleton, Text, Title, useComputedColorScheme } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { RunDetail } from '../../../shared/domain/run.ts'
import type { MetricsState } from '../../api/use-metrics.ts'
import { useZoomed } from '../../api/use-zoomed.ts'
import { type ChartProps, type ChartSpec, type StepRange, whyNoTrajectory } from '../../charts/chart.ts'
import { CHARTS } from '../../charts/index.ts'
import { MagnitudeBanner } from '../../charts/magnitude-banner.tsx'
import { magnitudeHealth } from '../../charts/magnitude-health.ts'
import { PLOT_HEIGHT } from '../../charts/plot-size.ts'
import { RunChart } from '../../charts/run-chart.tsx'
import { useChartView } from '../../charts/use-chart-view.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { isActive } from '../runs/run-figures.ts'
import { ChartOptionsBar, useChartOptions } from './chart-options.tsx'

const CARD_HEIGHT = PLOT_HEIGHT + 70

const chartsOf = (run: RunDetail, group: ChartSpec['group']): readonly ChartSpec[] =>
  CHARTS.filter((spec) => spec.group === group && (spec.appliesTo?.(run.config) ?? true))

type GroupProps = {
  readonly id: ChartSpec['group']
  readonly title: string
  readonly run: RunDetail
  readonly loading: boolean
  readonly properties: ChartProps
  /** In place of the charts where there are none. */
  readonly absence?: string | null
  /** Beside the title. */
  readonly children?: ReactNode
}

function ChartGroup({ id, title, run, loading, properties, absence = null, children }: GroupProps) {
  const specs = chartsOf(run, id)
  if (specs.length === 0)
    return (
      absence && (
        <Card title={title}>
          <Text c="dimmed">{absence}</Text>
        </Card>
      )
    )
  return (
    <section aria-label={title}>
      <Group justify="space-between" mb={8} mih={44} gap={16}>
        <Title order={2}>{title}</Title>
        {children}
      </Group>
      <Box className={`charts-${id}`} mb={18}>
        {specs.map((spec) =>
          loading ? (
            <Skeleton key={spec.id} h={CARD_HEIGHT} className={spec.wide ? 'chart-wide' : ''} radius="lg" />
          ) : (
            <RunChart key={spec.id} spec={spec} run={run} properties={properties} />
          ),
        )}
      </Box>
    </section>
  )
}

type Props = { readonly run: RunDetail; readonly metrics: MetricsState }

/** All charts of the run. */
export function CurvesTab({ run, metrics }: Props) {
  const [options, setOptions] = useChartOptions()
  const [zoom, setZoom] = useState<StepRange | null>(null)
  const scheme = useComputedColorScheme('light')
  const axisEnd = isActive(run) ? run.totalSteps : run.step
  const snapshot = useZoomed(run.id, metrics.snapshot, zoom)
  const view = useChartView({ snapshot: metrics.snapshot, mode: options.axis, axisEnd, zoom, onZoom: setZoom })
  if (metrics.error) return <ErrorAlert title="The curves could not be read" error={metrics.error} />
  const { smoothing, logScale } = options
  const properties: ChartProps = { smoothing, logScale, snapshot, view, scheme }
  const health = magnitudeHealth(run.config, metrics.snapshot)
  const common = { run, loading: metrics.loading, properties }
  return (
    <>
      <ChartGroup id="learning" title="Learning" {...common}>
        <ChartOptionsBar options={options} onChange={setOptions} view={view} />
      </ChartGroup>
      <ChartGroup id="decomposition" title="Magnitude and direction" absence={whyNoTrajectory(run.config)} {...common}>
        {health && <MagnitudeBanner health={health} />}
      </ChartGroup>
    </>
  )
}
