import { Alert, Button, Group, Text } from '@mantine/core'
import { useLinkState, useStudio } from '../api/studio.tsx'
import { Icon } from './icon.tsx'

/** A first try that fails may be the host starting; after that the user is told. */
const TRIES_BEFORE_WORRY = 2

/** Over the page while the host cannot be reached; training goes on without the page. */
export function ConnectionBanner() {
  const link = useLinkState()
  const studio = useStudio()
  if (link.kind !== 'waiting' && link.kind !== 'connecting') return null
  if (link.attempt < TRIES_BEFORE_WORRY) return null
  return (
    <Alert
      color="orange"
      variant="filled"
      radius={0}
      py={8}
      icon={<Icon name="alert" />}
      role="status"
      className="banner"
    >
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">
          No connection to the studio’s host; a run at work goes on without this page. If the host has ended, start it
          again: this page connects by itself, or open the link it prints.
        </Text>
        <Button size="xs" variant="white" color="dark" onClick={studio.retry} disabled={link.kind !== 'waiting'}>
          Connect now
        </Button>
      </Group>
    </Alert>
  )
}
