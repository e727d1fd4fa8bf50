import { Box, Button, Skeleton, Stack } from '@mantine/core'
import { useDisclosure, useLocalStorage } from '@mantine/hooks'
import { useCallback, useDeferredValue, useState } from 'react'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { useCall } from '../../api/studio.tsx'
import { hrefOf } from '../../router/route.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Page } from '../../ui/page.tsx'
import { RepairNotice } from '../../ui/repair-notice.tsx'
import { DemoButton } from '../new-run/demo-button.tsx'
import { ImportDialog } from './import-dialog.tsx'
import { filterRuns, type RunFilter, type Sort, tagsIn } from './run-view.ts'
import { RunsTable } from './runs-table.tsx'
import { RunsToolbar } from './runs-toolbar.tsx'

const NewRunButton = () => (
  <Button component="a" href={hrefOf({ screen: 'new-run', from: null })} leftSection={<Icon name="plus" size={16} />}>
    New run
  </Button>
)

function Actions() {
  const [importing, dialog] = useDisclosure(false)
  return (
    <>
      <Button variant="default" onClick={dialog.open}>
        Import
      </Button>
      <NewRunButton />
      {importing && <ImportDialog onClose={dialog.close} />}
    </>
  )
}

const Loading = () => (
  <Stack gap={10} p={16} aria-label="Loading the runs">
    {[0, 1, 2, 3].map((row) => (
      <Skeleton key={row} h={34} />
    ))}
  </Stack>
)

const NO_FILTER: RunFilter = { text: '', group: 'all', tag: '' }

/** The sorting outlives the visit; a filter that hid runs the next day would puzzle. */
const useSort = () =>
  useLocalStorage<Sort>({
    key: 'dora-studio.runs-sort',
    defaultValue: { by: 'created', descending: true },
    getInitialValueInEffect: false,
  })

function History({ runs }: { readonly runs: readonly RunSummary[] }) {
  const [filter, setFilter] = useState(NO_FILTER)
  const [sort, setSort] = useSort()
  const [chosen, setChosen] = useState<readonly string[]>([])
  // What is typed is shown at once, the rows that it brings or hides as soon as they are drawn.
  const shown = filterRuns(runs, useDeferredValue(filter))
  const there = chosen.filter((id) => runs.some((run) => run.id === id))
  const choose = useCallback(
    (id: string) => setChosen((now) => (now.includes(id) ? now.filter((one) => one !== id) : [...now, id])),
    [],
  )
  return (
    <>
      <RunsToolbar filter={filter} onFilter={setFilter} tags={tagsIn(runs)} chosen={there} />
      {shown.length > 0 ? (
        <RunsTable runs={shown} sort={sort} onSort={setSort} chosen={there} onChoose={choose} />
      ) : (
        <EmptyState icon="search" title="No run is like that" text="None of the runs fits the search and the filters.">
          <Button variant="default" onClick={() => setFilter(NO_FILTER)}>
            Show all runs
          </Button>
        </EmptyState>
      )}
    </>
  )
}

function Content() {
  const { data: runs, error, refetch } = useCall('runs.list', {})
  if (error) return <ErrorAlert title="The runs could not be read" error={error} onRetry={() => void refetch()} />
  if (runs === undefined) return <Loading />
  if (runs.length > 0) return <History runs={runs} />
  return (
    <EmptyState
      icon="chart"
      title="No runs yet"
      text="The demo trains a small language model to sort definitions into eight kinds. Nothing is downloaded, and it takes a few minutes on a laptop."
    >
      <DemoButton />
    </EmptyState>
  )
}

/** The history: every run, newest first. */
export const RunsScreen = () => (
  <Page title="Runs" subtitle="Every run is kept with its settings, curves and checkpoints." actions={<Actions />}>
    <RepairNotice />
    <Box className="studio-card" style={{ overflow: 'hidden' }}>
      <Content />
    </Box>
  </Page>
)
