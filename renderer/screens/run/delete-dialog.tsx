import { Button, Group, Stack, Text } from '@mantine/core'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { goTo } from '../../router/route.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'

type Props = { readonly run: RunSummary; readonly onClose: () => void }

export function DeleteDialog({ run, onClose }: Props) {
  const remove = useAction('runs.delete')
  const { data: size } = useCall('runs.size', { runId: run.id })
  const done = () => {
    onClose()
    goTo({ screen: 'runs' })
  }
  return (
    <Dialog onClose={onClose} title={`Delete “${run.name}”?`}>
      <Stack gap="md">
        <Text size="sm">
          Its curves, settings and checkpoints are removed from this machine for good. Models that were exported stay
          where they are.
        </Text>
        <Text size="sm" className="numbers">
          {size === undefined
            ? 'Counting what it takes on the disk…'
            : `It frees ${formatBytes(size.bytes)} on the disk.`}
        </Text>
        {remove.error && <ErrorAlert title="The run was not deleted" error={remove.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep it
          </Button>
          <Button
            color="red.9"
            loading={remove.isPending}
            onClick={() => remove.mutate({ runId: run.id }, { onSuccess: done })}
          >
            Delete
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
