import { Box, Group, Skeleton, Title, useComputedColorScheme } from '@mantine/core'
import type { RunDetail } from '../../../shared/domain/run.ts'
import type { MetricsState } from '../../api/use-metrics.ts'
import type { ChartProps, ChartSpec } from '../../charts/chart.ts'
import { ChartCard } from '../../charts/chart-card.tsx'
import { CHARTS } from '../../charts/index.ts'
import { PLOT_HEIGHT } from '../../charts/plot-frame.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { isActive } from '../runs/run-figures.ts'
import { ChartOptionsBar, useChartOptions } from './chart-options.tsx'

const GROUPS = [
  { id: 'learning', title: 'Learning' },
  { id: 'decomposition', title: 'Magnitude and direction' },
] as const satisfies readonly { id: ChartSpec['group']; title: string }[]

const CARD_HEIGHT = PLOT_HEIGHT + 72

const chartsOf = (run: RunDetail, group: ChartSpec['group']): readonly ChartSpec[] =>
  (CHARTS as readonly ChartSpec[]).filter((spec) => spec.group === group && (spec.appliesTo?.(run.config) ?? true))

type GroupProps = {
  readonly specs: readonly ChartSpec[]
  readonly loading: boolean
  readonly chart: ChartProps
  readonly id: ChartSpec['group']
}

const ChartGroup = ({ specs, loading, chart, id }: GroupProps) => (
  <Box className={`charts-${id}`} mb={18}>
    {specs.map((spec) =>
      loading ? (
        <Skeleton key={spec.id} h={CARD_HEIGHT} className={spec.wide ? 'chart-wide' : ''} radius="lg" />
      ) : (
        <ChartCard key={spec.id} spec={spec} {...chart} />
      ),
    )}
  </Box>
)

type Props = { readonly run: RunDetail; readonly metrics: MetricsState }

/** All charts of the run. */
export function CurvesTab({ run, metrics }: Props) {
  const [options, setOptions] = useChartOptions()
  const scheme = useComputedColorScheme('light')
  const axisEnd = isActive(run) ? run.totalSteps : run.step
  if (metrics.error) return <ErrorAlert title="The curves could not be read" error={metrics.error} />
  return GROUPS.map(({ id, title }, i) => {
    const specs = chartsOf(run, id)
    return (
      specs.length > 0 && (
        <section key={id} aria-label={title}>
          <Group justify="space-between" mb={8} mih={36}>
            <Title order={2}>{title}</Title>
            {i === 0 && <ChartOptionsBar options={options} onChange={setOptions} />}
          </Group>
          <ChartGroup
            id={id}
            specs={specs}
            loading={metrics.loading}
            chart={{ ...options, snapshot: metrics.snapshot, scheme, axisEnd }}
          />
        </section>
      )
    )
  })
}
