import { Badge, Box, Button, Group, Loader, Text } from '@mantine/core'
import type { ChatModelState } from '../../../shared/domain/chat.ts'
import { toErrorData } from '../../../shared/domain/error.ts'
import { Icon } from '../../ui/icon.tsx'
import { chatModelName, KIND_LABELS } from './model-label.ts'

/** Said by the badge already. */
const PLAIN: ReadonlySet<string> = new Set(['base model', 'model folder'])

const COLOURS = { base: 'gray', tuned: 'iris', folder: 'teal', adapter: 'iris' } as const

function StatusLine({ state, onLoad }: Props) {
  const { status, phase, facts, error } = state
  if (status === 'failed') {
    const { message, hint } = toErrorDataOf(error)
    return (
      <Group gap={8} wrap="nowrap" align="flex-start" role="alert">
        <Text size="xs" c="var(--studio-danger)" style={{ overflowWrap: 'anywhere' }}>
          {[message, hint].filter(Boolean).join(' ')}
        </Text>
        <Button size="compact-xs" variant="default" onClick={onLoad} style={{ flex: 'none' }}>
          Try again
        </Button>
      </Group>
    )
  }
  if (status === 'loading') {
    return (
      <Group gap={7} wrap="nowrap">
        <Loader size={11} aria-hidden="true" />
        <Text size="xs" c="dimmed" truncate>
          {phase ?? 'Loading the model'}
        </Text>
      </Group>
    )
  }
  const text =
    status === 'unloaded'
      ? `${phase ?? 'Not in memory'}. The next text loads it again.`
      : facts === null
        ? ''
        : readyText(facts)
  return (
    <Text size="xs" c="dimmed" truncate title={text}>
      {text}
    </Text>
  )
}

const toErrorDataOf = (error: ChatModelState['error']) => error ?? toErrorData('The model could not be loaded.')

const TEMPLATES = { chat: 'chat template', prompt: 'prompt template', none: 'classifier' } as const

const readyText = ({ slots, template, device }: NonNullable<ChatModelState['facts']>): string =>
  [`${slots} tokens of context`, TEMPLATES[template], device].join(' · ')

type Props = { readonly state: ChatModelState; readonly onLoad: () => void }

/** The head of a column: which model, which weights, and whether it is in memory. */
export const ModelHead = ({ state, onLoad }: Props) => (
  <Box className="chat-head" data-model={state.status}>
    <Group gap={8} wrap="nowrap" className="chat-name-row">
      <Badge color={COLOURS[state.model.kind]} variant="light" tt="none" style={{ flex: 'none' }}>
        {KIND_LABELS[state.model.kind]}
      </Badge>
      <Text
        size="sm"
        fw={600}
        truncate
        className="chat-name"
        title={[state.name, state.detail].filter(Boolean).join(', ')}
        style={{ flex: '0 1 auto' }}
      >
        {chatModelName(state)}
      </Text>
      <Text
        size="xs"
        c="dimmed"
        truncate
        style={{ flex: '1 99 0' }}
        className="chat-detail numbers"
        title={state.detail}
      >
        {PLAIN.has(state.detail) ? '' : state.detail}
      </Text>
    </Group>
    <Box mt={3} mih={18}>
      <StatusLine state={state} onLoad={onLoad} />
    </Box>
    {state.facts !== null && state.facts.note !== '' && (
      <Group gap={6} wrap="nowrap" align="flex-start" mt={4}>
        <Icon name="alert" size={14} />
        <Text size="xs">{state.facts.note}</Text>
      </Group>
    )}
  </Box>
)
