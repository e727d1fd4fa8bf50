import { Box, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useAction, useCall } from '../../api/studio.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { DownloadItem } from '../../ui/hub/download-item.tsx'
import { HubFactsView } from '../../ui/hub/hub-facts-view.tsx'
import { Icon } from '../../ui/icon.tsx'

type Props = { readonly repo: string; readonly revision: string | null }

/** A model that is named as on the hub and is not here yet: what it is, and the button that fetches it. */
export function HubOffer({ repo, revision }: Props) {
  const look = useAction('hub.look')
  const { data: downloads = [] } = useCall('downloads.list', {})
  const own = downloads
    .filter((one) => one.kind === 'model' && one.repo === repo && one.status !== 'finished')
    .sort((a, b) => b.createdAt - a.createdAt)[0]
  return (
    <Stack gap={12} data-hub-offer={repo}>
      {!look.data && !own && (
        <Group gap={12}>
          <Text size="sm" miw={0}>
            {`${repo}${revision === null ? '' : ` at ${revision}`} is not on this machine yet.`}
          </Text>
          <Button
            size="xs"
            variant="default"
            loading={look.isPending}
            leftSection={<Icon name="search" size={15} />}
            onClick={() => look.mutate({ kind: 'model', repo, revision })}
          >
            Look it up on the Hub
          </Button>
        </Group>
      )}
      {look.isPending && <Skeleton h={220} role="status" aria-label="Asking the hub" />}
      {look.error && !look.isPending && <ErrorAlert title="It cannot be had from the hub" error={look.error} />}
      {look.data && <HubFactsView facts={look.data} />}
      {own && (
        <Box>
          <DownloadItem download={own} />
        </Box>
      )}
    </Stack>
  )
}
