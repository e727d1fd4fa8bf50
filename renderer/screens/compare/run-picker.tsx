import { Box, MultiSelect } from '@mantine/core'
import { useCall } from '../../api/studio.tsx'
import { formatDate } from '../../format/dates.ts'
import { goTo } from '../../router/route.ts'
import { methodLabel } from '../runs/run-figures.ts'

/** More lines than this cannot be told apart. */
export const MOST_RUNS = 6

/** Chooses what is compared; the choice is the address of the page. */
export function RunPicker({ runs }: { readonly runs: readonly string[] }) {
  const { data: all = [] } = useCall('runs.list', {})
  const known = runs.filter((id) => all.some((run) => run.id === id))
  const data = [...all]
    .sort((a, b) => b.createdAt - a.createdAt)
    .map((run) => ({ value: run.id, label: `${run.name} · ${methodLabel(run.method)} · ${formatDate(run.createdAt)}` }))
  return (
    <Box className="studio-card" p={14} mb={14}>
      <MultiSelect
        label="Runs to compare"
        description="Two to six, chosen here or ticked in the list of runs."
        placeholder={known.length < MOST_RUNS ? 'Add a run' : ''}
        data={data}
        value={known}
        maxValues={MOST_RUNS}
        searchable
        hidePickedOptions
        nothingFoundMessage="No such run"
        onChange={(chosen) => goTo({ screen: 'compare', runs: chosen })}
      />
    </Box>
  )
}
