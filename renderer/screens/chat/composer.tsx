import { Box, Button, Group, Text, Textarea, VisuallyHidden } from '@mantine/core'
import { type KeyboardEvent, useState } from 'react'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { ChatTalk } from './use-chat.ts'

const KEYS = 'Enter sends, Shift+Enter begins a line, Escape stops.'

/** Why nothing can be sent now, or null. */
function obstacleOf({ state, settings, answering }: ChatTalk): string | null {
  if (state === undefined) return 'The models are being looked up.'
  if (answering) return null
  if (settings.checked.options === null) return 'A setting of the answer cannot be used; see Settings.'
  return null
}

type Props = {
  readonly talk: ChatTalk
  readonly asks: string
  readonly settingsShown: boolean
  readonly onSettings: () => void
}

/** Where one writes, with what can be done with the last answer. */
export function Composer({ talk, asks, settingsShown, onSettings }: Props) {
  const [text, setText] = useState('')
  const { answering, state } = talk
  const obstacle = obstacleOf(talk)
  const ready = text.trim() !== '' && !answering && state !== undefined && obstacle === null
  const send = async () => {
    if (ready && (await talk.send(text))) setText('')
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    void send()
  }
  const said = (state?.turns.length ?? 0) > 0
  return (
    <Box className="chat-composer">
      {talk.trouble && (
        <Box mb={10}>
          <ErrorAlert title="That did not work" error={talk.trouble} />
        </Box>
      )}
      <Textarea
        aria-label="Your text"
        placeholder={asks}
        autosize
        minRows={2}
        maxRows={8}
        autoFocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <Group justify="space-between" mt={8} wrap="nowrap" gap={10}>
        <Text size="xs" c={obstacle === null ? 'dimmed' : 'var(--studio-danger)'} miw={0}>
          {obstacle ?? KEYS}
        </Text>
        <Group gap={8} wrap="nowrap" style={{ flex: 'none' }}>
          <Button
            size="xs"
            variant="default"
            onClick={onSettings}
            aria-expanded={settingsShown}
            aria-controls="chat-settings"
            leftSection={<Icon name="gear" size={15} />}
          >
            {settingsShown ? 'Hide settings' : 'Settings'}
          </Button>
          <Button size="xs" variant="default" onClick={talk.clear} disabled={!said}>
            Clear
          </Button>
          <Button
            size="xs"
            variant="default"
            onClick={talk.regenerate}
            disabled={!said || answering || talk.settings.checked.options === null}
            leftSection={<Icon name="redo" size={15} />}
            title="Answers the last text anew; with a temperature above 0 under the next seed"
          >
            Regenerate
          </Button>
          {answering ? (
            <Button
              size="xs"
              w={92}
              variant="default"
              onClick={talk.stop}
              leftSection={<Icon name="stop" size={13} filled />}
            >
              Stop
            </Button>
          ) : (
            <Button
              size="xs"
              w={92}
              onClick={() => void send()}
              disabled={!ready}
              leftSection={<Icon name="up" size={15} />}
            >
              Send
            </Button>
          )}
        </Group>
      </Group>
      <VisuallyHidden role="status">{answering ? 'Answering' : said ? 'The answers are complete' : ''}</VisuallyHidden>
    </Box>
  )
}
