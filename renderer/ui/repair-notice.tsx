import { Alert, List, Text } from '@mantine/core'
import { useState } from 'react'
import { useCall } from '../api/studio.tsx'
import { formatCount } from '../format/numbers.ts'
import { Icon } from './icon.tsx'

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
        {formatCount(runs)} runs and {formatCount(metrics)} numbers of their curves were read.
        {fromFolders > 0 &&
          ` ${formatCount(fromFolders)} more runs were taken up from their folders: with settings and checkpoints, without curves.`}
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
