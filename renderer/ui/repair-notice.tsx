import { Alert, List, Text } from '@mantine/core'
import { useState } from 'react'
import { useCall } from '../api/studio.tsx'
import { formatCount } from '../format/numbers.ts'
import { Icon } from './icon.tsx'

const counted = (count: number, what: string): string => `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`

/** Said once, after a start that found the history damaged. */
export function RepairNotice() {
  const { data } = useCall('app.info', {})
  const [read, setRead] = useState(false)
  const repaired = data?.repaired
  if (read || !repaired) return null
  const { runs, metrics, fromFolders, lost, kept } = repaired
  return (
    <Alert
      color="orange"
      variant="light"
      mb={14}
      title="The history was damaged and has been repaired"
      icon={<Icon name="alert" />}
      withCloseButton
      closeButtonLabel="I have read this"
      onClose={() => setRead(true)}
    >
      <Text size="sm">
        Read of it: {counted(runs, 'run')} and {counted(metrics, 'number')} of curves.
        {fromFolders > 0 &&
          ` Taken up from folders, with settings and checkpoints but without curves: ${counted(fromFolders, 'run')}.`}
      </Text>
      {lost.length > 0 && (
        <List size="sm" mt={6} style={{ overflowWrap: 'anywhere' }}>
          {lost.map((part) => (
            <List.Item key={part}>Not all of {part}</List.Item>
          ))}
        </List>
      )}
      <Text size="sm" mt={6} style={{ overflowWrap: 'anywhere' }}>
        The damaged file is kept: {kept}
      </Text>
    </Alert>
  )
}
