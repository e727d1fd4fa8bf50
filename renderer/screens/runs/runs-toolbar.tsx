import { Button, Group, NativeSelect, SegmentedControl, TextInput } from '@mantine/core'
import { goTo } from '../../router/route.ts'
import { Icon } from '../../ui/icon.tsx'
import { type RunFilter, STATUS_GROUPS, type StatusGroup } from './run-view.ts'

const GROUPS = Object.keys(STATUS_GROUPS) as StatusGroup[]

type Props = {
  readonly filter: RunFilter
  readonly tags: readonly string[]
  readonly chosen: readonly string[]
  readonly onFilter: (filter: RunFilter) => void
}

/** Search, filters, and what can be done with the chosen runs. */
export const RunsToolbar = ({ filter, tags, chosen, onFilter }: Props) => (
  <Group gap={12} px={14} py={10} className="runs-toolbar">
    <TextInput
      type="search"
      aria-label="Search runs"
      placeholder="Search runs"
      title="Words of the name, the model, the data, tags or notes"
      leftSection={<Icon name="search" size={16} />}
      value={filter.text}
      onChange={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
      w={240}
    />
    <SegmentedControl
      aria-label="State"
      value={filter.group}
      onChange={(value) => onFilter({ ...filter, group: GROUPS.find((group) => group === value) ?? 'all' })}
      data={GROUPS.map((group) => ({ value: group, label: STATUS_GROUPS[group].label }))}
    />
    {tags.length > 0 && (
      <NativeSelect
        aria-label="Tag"
        value={filter.tag}
        onChange={(event) => onFilter({ ...filter, tag: event.currentTarget.value })}
        data={[{ value: '', label: 'Any tag' }, ...tags.map((tag) => ({ value: tag, label: tag }))]}
      />
    )}
    <Button
      ml="auto"
      variant="default"
      disabled={chosen.length < 2}
      leftSection={<Icon name="compare" size={16} />}
      title={chosen.length < 2 ? 'Tick two or more runs' : ''}
      onClick={() => goTo({ screen: 'compare', runs: chosen })}
    >
      {chosen.length < 2 ? 'Compare' : `Compare ${chosen.length}`}
    </Button>
  </Group>
)
