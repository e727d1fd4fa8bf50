import { ActionIcon, Anchor, Badge, Box, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { CallOutput } from '../../shared/contract.ts'
import { useAction } from '../api/studio.tsx'
import { fileName, modelName } from '../format/numbers.ts'
import { goTo, hrefOf } from '../router/route.ts'
import { Card } from './card.tsx'
import { ErrorAlert } from './error-alert.tsx'
import { type Arrival, useArriving } from './hub/arriving.ts'
import { Icon } from './icon.tsx'
import { PathInput } from './path-input.tsx'

type Kind = 'models' | 'data'
type Entry = CallOutput<'models.list'>[number]

const TEXTS = {
  models: { title: 'Your models', label: 'Add a model folder', button: 'Add model', wants: 'folder' },
  data: { title: 'Your data', label: 'Add a data file', button: 'Add file', wants: 'file' },
} as const satisfies Record<Kind, { title: string; label: string; button: string; wants: 'folder' | 'file' }>

function AddForm({ kind }: { readonly kind: Kind }) {
  const [path, setPath] = useState('')
  const add = useAction(`${kind}.add`)
  const { label, button, wants } = TEXTS[kind]
  const done = () => {
    setPath('')
    goTo({ screen: kind, path: path.trim().replace(/[\\/]+$/, '') })
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (path.trim() !== '') add.mutate({ path }, { onSuccess: done })
      }}
    >
      <Stack gap={8}>
        {/* Beside the field: below it the suggestions would cover the button. */}
        <Group gap={8} wrap="nowrap" align="flex-end">
          <Box flex={1} miw={0}>
            <PathInput
              label={label}
              wants={wants}
              value={path}
              onChange={setPath}
              placeholder="/path/on/this/machine"
            />
          </Box>
          <Button
            type="submit"
            variant="default"
            loading={add.isPending}
            disabled={path.trim() === ''}
            flex="none"
            aria-label={button}
          >
            Add
          </Button>
        </Group>
        {add.error && <ErrorAlert title="It was not added" error={add.error} />}
      </Stack>
    </form>
  )
}

function EntryRow({ kind, entry, chosen }: { readonly kind: Kind; readonly entry: Entry; readonly chosen: boolean }) {
  const remove = useAction(`${kind}.remove`)
  const name = kind === 'models' ? modelName(entry.path) : fileName(entry.path)
  return (
    <Group className="library-row" data-chosen={chosen || undefined} wrap="nowrap" gap={10} px={12} py={8}>
      <Icon name={kind === 'models' ? 'cube' : 'table'} />
      <Box miw={0} flex={1}>
        <Group gap={8} wrap="nowrap">
          <Anchor
            href={hrefOf({ screen: kind, path: entry.path })}
            size="sm"
            fw={600}
            truncate
            {...(chosen ? { 'aria-current': 'true' as const } : {})}
          >
            {name}
          </Anchor>
          {entry.shipped && (
            <Badge size="sm" variant="outline" tt="none">
              Demo
            </Badge>
          )}
          {!entry.exists && (
            <Badge size="sm" color="red" className="status-red" variant="light" tt="none">
              Gone
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed" truncate title={entry.path}>
          {entry.path}
        </Text>
      </Box>
      {!entry.shipped && (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Forget ${name}`}
          title="Take it off this list; the files stay"
          loading={remove.isPending}
          onClick={() => remove.mutate({ path: entry.path }, { onSuccess: () => goTo({ screen: kind, path: null }) })}
        >
          <Icon name="close" size={15} />
        </ActionIcon>
      )}
    </Group>
  )
}

/** As high as the row it will be. */
const ArrivalRow = ({ arrival: { name, repo, paused } }: { readonly arrival: Arrival }) => (
  <Group className="library-row" data-arriving={repo} wrap="nowrap" gap={10} px={12} py={8}>
    <Icon name="down" />
    <Box miw={0} flex={1}>
      <Text size="sm" fw={600} c="dimmed" truncate>
        {name}
      </Text>
      <Text size="xs" c="dimmed" truncate>
        {paused ? 'From the Hub, not all here yet' : 'On its way from the Hub'}
      </Text>
    </Box>
  </Group>
)

type Props = { readonly kind: Kind; readonly entries: readonly Entry[] | undefined; readonly chosen: string | null }

/** What came with the studio, what the user has added, and what is on its way. */
export function LibraryList({ kind, entries, chosen }: Props) {
  const arriving = useArriving(
    kind === 'models' ? 'model' : 'dataset',
    entries?.map(({ path }) => path),
  )
  return (
    <Card title={TEXTS[kind].title}>
      <Stack gap={2} mb={16} mx={-6}>
        {entries === undefined && <Skeleton h={160} />}
        {entries?.map((entry) => (
          <EntryRow key={entry.path} kind={kind} entry={entry} chosen={entry.path === chosen} />
        ))}
        {arriving.map((arrival) => (
          <ArrivalRow key={arrival.key} arrival={arrival} />
        ))}
      </Stack>
      <AddForm kind={kind} />
    </Card>
  )
}
