import { Box, Button, Skeleton, Stack } from '@mantine/core'
import { useCall } from '../../api/studio.tsx'
import { hrefOf } from '../../router/route.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Page } from '../../ui/page.tsx'
import { DemoButton } from '../new-run/demo-button.tsx'
import { RunsTable } from './runs-table.tsx'

const NewRunButton = () => (
  <Button component="a" href={hrefOf({ screen: 'new-run', from: null })} leftSection={<Icon name="plus" size={16} />}>
    New run
  </Button>
)

const Loading = () => (
  <Stack gap={10} p={16} aria-label="Loading the runs">
    {[0, 1, 2, 3].map((row) => (
      <Skeleton key={row} h={34} />
    ))}
  </Stack>
)

function Content() {
  const { data: runs, error, refetch } = useCall('runs.list', {})
  if (error) return <ErrorAlert title="The runs could not be read" error={error} onRetry={() => void refetch()} />
  if (runs === undefined) return <Loading />
  if (runs.length > 0) return <RunsTable runs={runs} />
  return (
    <EmptyState
      icon="chart"
      title="No runs yet"
      text="The demo trains a small language model to sort definitions into eight kinds. It needs no download and takes a few minutes on a laptop."
    >
      <DemoButton />
    </EmptyState>
  )
}

/** The history: every run, newest first. */
export const RunsScreen = () => (
  <Page title="Runs" subtitle="Every run is kept with its settings, curves and checkpoints." actions={<NewRunButton />}>
    <Box className="studio-card" style={{ overflow: 'hidden' }}>
      <Content />
    </Box>
  </Page>
)
