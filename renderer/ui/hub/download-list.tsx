import { Stack, Text } from '@mantine/core'
import type { HubKind } from '../../../shared/domain/hub.ts'
import { useCall } from '../../api/studio.tsx'
import { ErrorAlert } from '../error-alert.tsx'
import { DownloadItem } from './download-item.tsx'

/** Downloads of this kind, the newest first; what is finished stays until it is taken off. */
export function DownloadList({ kind }: { readonly kind: HubKind }) {
  const { data, error, refetch } = useCall('downloads.list', {})
  if (error) return <ErrorAlert title="The downloads could not be read" error={error} onRetry={() => void refetch()} />
  const own = [...(data ?? [])].filter((one) => one.kind === kind).sort((a, b) => b.createdAt - a.createdAt)
  if (own.length === 0) {
    return (
      <Text size="xs" c="dimmed">
        What is downloaded goes to the hub’s cache on the machine that trains, which other tools use too.
      </Text>
    )
  }
  return (
    <Stack gap={10} component="ul" className="hub-downloads" aria-label="Downloads">
      {own.map((download) => (
        <li key={download.id}>
          <DownloadItem download={download} />
        </li>
      ))}
    </Stack>
  )
}
