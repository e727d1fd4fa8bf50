import { Box, Button, Skeleton, Stack, Tabs } from '@mantine/core'
import { StudioError } from '../../../shared/domain/error.ts'
import type { RunDetail } from '../../../shared/domain/run.ts'
import { useCall } from '../../api/studio.tsx'
import { useMetrics } from '../../api/use-metrics.ts'
import { formatDate } from '../../format/dates.ts'
import { fileName, modelName } from '../../format/numbers.ts'
import { goTo, hrefOf, RUN_TABS, type RunTab } from '../../router/route.ts'
import { AlarmList } from '../../ui/alarm-list.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon, type IconName } from '../../ui/icon.tsx'
import { Page } from '../../ui/page.tsx'
import { ImportedBadge, StatusBadge } from '../../ui/status-badge.tsx'
import { methodLabel } from '../runs/run-figures.ts'
import { AnalysisTab } from './analysis-tab.tsx'
import { CurvesTab } from './curves-tab.tsx'
import { DetailsTab } from './details-tab.tsx'
import { ExportTab } from './export-tab.tsx'
import { ProgressPanel } from './progress-panel.tsx'
import { RunActions } from './run-actions.tsx'
import { TwinsLink } from './twins-link.tsx'

const TABS = {
  curves: { label: 'Curves', icon: 'chart' },
  analysis: { label: 'Analysis', icon: 'search' },
  export: { label: 'Export', icon: 'export' },
  details: { label: 'Settings and checkpoints', icon: 'runs' },
} as const satisfies Record<RunTab, { label: string; icon: IconName }>

const RUNS = { label: 'Runs', href: hrefOf({ screen: 'runs' }) }

const Loading = () => (
  <Page title="Run" parent={RUNS}>
    <Stack gap={14} aria-label="Loading the run">
      <Skeleton h={112} radius="lg" />
      <Skeleton h={36} w={360} />
      <Skeleton h={268} radius="lg" />
    </Stack>
  </Page>
)

const subtitleOf = (run: RunDetail): string =>
  [methodLabel(run.method), modelName(run.model), fileName(run.data), formatDate(run.createdAt)].join('  ·  ')

type BodyProps = { readonly run: RunDetail; readonly tab: RunTab }

function RunBody({ run, tab }: BodyProps) {
  const metrics = useMetrics(run.id, run.startedAt)
  return (
    <Page
      title={run.name}
      parent={RUNS}
      subtitle={
        <>
          {subtitleOf(run)}
          <TwinsLink run={run} />
        </>
      }
      badge={
        <>
          <StatusBadge status={run.status} />
          {run.imported && <ImportedBadge />}
        </>
      }
      actions={<RunActions run={run} />}
    >
      {run.error && (
        <Box mb={14}>
          <ErrorAlert
            title={run.status === 'interrupted' ? 'The run was interrupted' : 'The run failed'}
            error={run.error}
          />
        </Box>
      )}
      {/* Magnitudes have a line of their own above their charts. */}
      <AlarmList alarms={run.alarms.filter(({ kind }) => kind !== 'magnitude-still')} />
      <ProgressPanel run={run} snapshot={metrics.snapshot} />
      <Tabs
        value={tab}
        onChange={(value) => goTo({ screen: 'run', runId: run.id, tab: RUN_TABS.find((t) => t === value) ?? 'curves' })}
        keepMounted={false}
      >
        <Tabs.List mb={14}>
          {RUN_TABS.map((name) => (
            <Tabs.Tab key={name} value={name} leftSection={<Icon name={TABS[name].icon} size={16} />}>
              {TABS[name].label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="curves">
          <CurvesTab run={run} metrics={metrics} />
        </Tabs.Panel>
        <Tabs.Panel value="analysis">
          <AnalysisTab run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="export">
          <ExportTab run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="details">
          <DetailsTab run={run} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

type Props = { readonly runId: string; readonly tab: RunTab }

/** One run, at work or ended. */
export function RunScreen({ runId, tab }: Props) {
  const { data: run, error, refetch } = useCall('runs.get', { runId })
  if (run !== undefined) return <RunBody run={run} tab={tab} />
  if (error === null) return <Loading />
  const gone = error instanceof StudioError && error.data.code === 'not-found'
  return (
    <Page title="Run" parent={RUNS}>
      {gone ? (
        <Box className="studio-card">
          <EmptyState
            icon="runs"
            title="There is no such run"
            text="It was deleted, or the link is from another data folder."
          >
            <Button component="a" href={RUNS.href} variant="default">
              Open the list of runs
            </Button>
          </EmptyState>
        </Box>
      ) : (
        <ErrorAlert title="The run could not be read" error={error} onRetry={() => void refetch()} />
      )}
    </Page>
  )
}
