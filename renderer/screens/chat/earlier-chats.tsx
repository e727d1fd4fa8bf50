import { ActionIcon, Anchor, Box, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import type { ChatEntry } from '../../../shared/domain/chat.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { formatWhen } from '../../format/dates.ts'
import { modelName } from '../../format/numbers.ts'
import { hrefOf } from '../../router/route.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'

/** Another window may add to them. */
const AGAIN_MS = 10_000

/** A run's base goes by the run's name, too. */
function whom({ models, names }: ChatEntry): string {
  const called = models.map((model, i) => {
    const name = names[i] ?? ''
    return model.kind === 'base' ? `base of ${name}` : model.kind === 'tuned' ? name : modelName(name)
  })
  return called.join(', ')
}

const turnsText = (count: number) => (count === 1 ? '1 text' : `${count} texts`)

type Props = { readonly entry: ChatEntry; readonly onDelete: () => void; readonly busy: boolean }

const Entry = ({ entry, onDelete, busy }: Props) => (
  <Group component="li" gap={12} wrap="nowrap" justify="space-between" className="earlier-chat">
    <Box style={{ minWidth: 0 }}>
      <Anchor href={hrefOf({ screen: 'chat', models: entry.models })} size="sm" fw={600} lineClamp={1}>
        {entry.title}
      </Anchor>
      <Text size="xs" c="dimmed" truncate className="numbers">
        {`${whom(entry)} · ${turnsText(entry.turns)} · ${formatWhen(entry.usedAt)}`}
      </Text>
    </Box>
    <ActionIcon
      variant="subtle"
      color="gray"
      onClick={onDelete}
      disabled={busy}
      aria-label={`Delete the conversation "${entry.title.slice(0, 60)}"`}
    >
      <Icon name="trash" size={16} />
    </ActionIcon>
  </Group>
)

/** What was said earlier, with whom; each can be gone on with, or deleted. */
export function EarlierChats() {
  const { data: entries, error, refetch } = useCall('chat.list', {}, { everyMs: AGAIN_MS })
  const remove = useAction('chat.close')
  if (error)
    return <ErrorAlert title="The conversations could not be read" error={error} onRetry={() => void refetch()} />
  if (entries === undefined) return <Skeleton h={120} radius="lg" aria-label="Reading the conversations" />
  if (entries.length === 0) return null
  const drop = (chatId: string) => remove.mutate({ chatId }, { onSettled: () => void refetch() })
  return (
    <Box className="studio-card" p={16} mt={14}>
      <Title order={2} mb={10}>
        Earlier conversations
      </Title>
      {remove.error && <ErrorAlert title="The conversation was not deleted" error={remove.error} />}
      <Stack component="ul" gap={10} p={0} m={0} style={{ listStyle: 'none' }}>
        {entries.map((entry) => (
          <Entry
            key={entry.chatId}
            entry={entry}
            onDelete={() => drop(entry.chatId)}
            busy={remove.isPending && remove.variables?.chatId === entry.chatId}
          />
        ))}
      </Stack>
    </Box>
  )
}
