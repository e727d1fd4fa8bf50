import { Button, Group, PasswordInput, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { HubTokenStatus } from '../../../shared/domain/hub.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { FactRows } from '../../ui/fact-rows.tsx'

const SOURCES = {
  none: 'none: public repositories only',
  system: 'kept in the store of this system',
  session: 'given here, until the studio ends',
  environment: 'from the environment',
  file: 'from the file of "hf auth login"',
} as const satisfies Record<HubTokenStatus['source'], string>

/** How it could be kept, where it is not. */
const KEEPING =
  window.studioBridge === undefined
    ? 'It is held in memory until the studio ends. To have it at every start, run "hf auth login" or set HF_TOKEN on the machine that trains.'
    : 'It goes to the store of this system (keychain, keyring, DPAPI), never to a file as plain text.'

/** The hub's token: where it comes from, never what it is. */
export function HubTokenCard() {
  const { data: status, error } = useCall('hub.token', {})
  const give = useAction('hub.giveToken')
  const [text, setText] = useState('')
  const given = status?.source === 'system' || status?.source === 'session'
  return (
    <Card title="Hugging Face Hub">
      <Text size="sm" c="dimmed" mb={10}>
        A token opens gated and private repositories. It is sent to the hub alone, and shown nowhere. {KEEPING}
      </Text>
      <FactRows
        rows={[
          ['Hub', status?.host ?? '…'],
          ['Token', status ? SOURCES[status.source] : '…'],
          ...(status?.note ? [['Note', status.note] as const] : []),
        ]}
      />
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() !== '') give.mutate({ token: text }, { onSuccess: () => setText('') })
        }}
      >
        <Stack gap={8} mt={12} maw={460}>
          <PasswordInput
            label="New token"
            placeholder="hf_…"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
          />
          <Group gap={8}>
            <Button type="submit" variant="default" loading={give.isPending} disabled={text.trim() === ''}>
              Use this token
            </Button>
            <Button variant="subtle" color="gray" disabled={!given} onClick={() => give.mutate({ token: null })}>
              Forget it
            </Button>
          </Group>
          {(give.error ?? error) && <ErrorAlert title="The token was not taken" error={give.error ?? error} />}
        </Stack>
      </form>
    </Card>
  )
}
