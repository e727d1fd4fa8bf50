import { Button, Group, Stack, Text } from '@mantine/core'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { useAction } from '../../api/studio.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'

type Props = { readonly run: RunSummary; readonly onClose: () => void }

/** Says before the choice what each way of stopping costs. */
export function StopDialog({ run, onClose }: Props) {
  const stop = useAction('runs.stop')
  const stopWith = (checkpoint: boolean) => stop.mutate({ runId: run.id, checkpoint }, { onSuccess: onClose })
  const wanted = stop.isPending ? stop.variables.checkpoint : null
  return (
    <Dialog onClose={onClose} title={`Stop “${run.name}”?`} size="lg">
      <Stack gap="md">
        <Text size="sm">
          The step at work is finished first. With a checkpoint the run can be resumed or exported as it is now. Without
          one, only an earlier checkpoint can be, and what was learned after it is lost.
        </Text>
        {stop.error && <ErrorAlert title="The run was not stopped" error={stop.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Go on
          </Button>
          <Button variant="light" color="red" loading={wanted === false} onClick={() => stopWith(false)}>
            Stop without checkpoint
          </Button>
          <Button data-autofocus loading={wanted === true} onClick={() => stopWith(true)}>
            Save checkpoint and stop
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
