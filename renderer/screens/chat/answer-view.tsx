import { ActionIcon, Box, CopyButton, Group, Text } from '@mantine/core'
import type { ChatAnswer, GenerationStats } from '../../../shared/domain/chat.ts'
import { toErrorData } from '../../../shared/domain/error.ts'
import { formatCount, formatNumber } from '../../format/numbers.ts'
import { Icon } from '../../ui/icon.tsx'
import { PredictionView } from './prediction-view.tsx'

const REASONS = {
  end: 'ended by itself',
  stop: 'ended by a stop text',
  length: 'reached max_new_tokens',
  context: 'context full',
  cancelled: 'stopped',
} as const satisfies Record<GenerationStats['reason'], string>

function statsText({ tokens, seconds, reason, droppedTurns }: GenerationStats): string {
  const rate = tokens > 0 && seconds > 0 ? [`${formatNumber(tokens / seconds)} tokens/s`] : []
  const left = droppedTurns > 0 ? [`${droppedTurns} earlier ${droppedTurns === 1 ? 'turn' : 'turns'} left out`] : []
  return [`${formatCount(tokens)} ${tokens === 1 ? 'token' : 'tokens'}`, ...rate, REASONS[reason], ...left].join(' · ')
}

function footText({ status, stats, prediction, text }: ChatAnswer): string {
  if (status === 'waiting') return 'Reading…'
  if (status === 'answering') return 'Answering…'
  if (stats) return statsText(stats)
  return prediction || text !== '' ? '' : 'Stopped before it began'
}

const CopyAnswer = ({ text }: { readonly text: string }) => (
  <CopyButton value={text}>
    {({ copied, copy }) => (
      <ActionIcon
        variant="subtle"
        color="gray"
        size={24}
        onClick={copy}
        aria-label={copied ? 'Copied' : 'Copy the answer'}
      >
        <Icon name={copied ? 'check' : 'copy'} size={15} />
      </ActionIcon>
    )}
  </CopyButton>
)

const Failed = ({ error }: Pick<ChatAnswer, 'error'>) => {
  const { message, hint } = error ?? toErrorData('The answer failed.')
  return (
    <Text size="sm" c="var(--studio-danger)" role="alert" style={{ overflowWrap: 'anywhere' }}>
      {[message, hint].filter(Boolean).join(' ')}
    </Text>
  )
}

const EMPTY = 'It ended without a word.'

/** One model's answer to a turn, as it comes; the line below it is there from the start, so that nothing moves at its end. */
export function AnswerView({ answer, name }: { readonly answer: ChatAnswer; readonly name: string }) {
  const { status, text, prediction, stats, error } = answer
  const silent = status === 'done' && text === '' && stats !== null
  return (
    <Box className="chat-answer" data-answer={status} role="group" aria-label={`Answer of ${name}`}>
      {text !== '' && (
        <Text size="sm" className="chat-text">
          {text}
          {status === 'answering' && <span className="chat-caret" aria-hidden="true" />}
        </Text>
      )}
      {text === '' && status === 'waiting' && <span className="chat-caret" aria-hidden="true" />}
      {silent && (
        <Text size="sm" c="dimmed">
          {EMPTY}
        </Text>
      )}
      {prediction && <PredictionView prediction={prediction} />}
      {error && <Failed error={error} />}
      <Group justify="space-between" wrap="nowrap" mih={26} gap={6}>
        <Text size="xs" c="dimmed" className="numbers">
          {footText(answer)}
        </Text>
        {text !== '' && status !== 'answering' && <CopyAnswer text={text} />}
      </Group>
    </Box>
  )
}
