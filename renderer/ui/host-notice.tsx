import { Alert, Button, Center, Code, Paper, Progress, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useSyncExternalStore } from 'react'
import type { HostState } from '../../shared/bridge.ts'
import type { Desktop } from '../api/desktop-client.ts'

/** Over everything: without a host the page behind it can do nothing. */
const CURTAIN = {
  position: 'fixed',
  top: 0,
  right: 0,
  bottom: 0,
  left: 0,
  zIndex: 400,
  background: 'var(--mantine-color-body)',
} as const

const Curtain = ({ children, label }: { readonly children: ReactNode; readonly label: string }) => (
  <div style={CURTAIN} role="dialog" aria-modal="true" aria-label={label}>
    <Center h="100%" p={24}>
      <Paper withBorder radius="md" p={32} w="100%" maw={560}>
        {children}
      </Paper>
    </Center>
  </div>
)

/** First start of an installed studio: the training library is being fetched. */
const SettingUp = ({ state }: { readonly state: Extract<HostState, { kind: 'setting-up' }> }) => {
  const percent = state.fraction === null ? 100 : Math.round(state.fraction * 100)
  return (
    <Curtain label="Setting up">
      <Stack gap={14}>
        <Title order={2} size="h3">
          Setting up DoRA Studio
        </Title>
        <Text size="sm">
          The library that trains models is fetched once, on the first start. You may close the window: what was fetched
          is kept.
        </Text>
        <Progress value={percent} animated={state.fraction === null} aria-label="Set-up" />
        <Text size="sm" c="dimmed" role="status">
          {state.text}
          {state.fraction === null ? '' : ` ${percent}%`}
        </Text>
      </Stack>
    </Curtain>
  )
}

const Gone = ({
  state,
  restart,
}: {
  readonly state: Extract<HostState, { kind: 'gone' }>
  readonly restart: () => void
}) => (
  <Curtain label="The host has stopped">
    <Stack gap={14}>
      <Title order={2} size="h3">
        The studio’s engine room keeps stopping
      </Title>
      <Text size="sm">{state.error.message}</Text>
      <Text size="sm" c="dimmed">
        {state.error.hint}
      </Text>
      {state.error.details.length > 0 && <Code block>{state.error.details.join('\n')}</Code>}
      <Button onClick={restart} data-autofocus>
        Try again
      </Button>
    </Stack>
  </Curtain>
)

/** How the desktop window's host fares, when that is anything the user has to know. */
export function HostNotice({ desktop }: { readonly desktop: Desktop }) {
  const state = useSyncExternalStore(desktop.onHostState, desktop.hostState)
  if (state.kind === 'setting-up') return <SettingUp state={state} />
  if (state.kind === 'gone') return <Gone state={state} restart={desktop.restartHost} />
  if (state.kind !== 'restarting') return null
  return (
    <Alert color="orange" variant="filled" radius={0} py={8} role="status" className="banner">
      The studio’s host ended unexpectedly ({state.reason}) and is started again. Runs continue from their last
      checkpoint with Resume.
    </Alert>
  )
}
