import { Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { Icon } from '../../ui/icon.tsx'

const refused = (error: Error) =>
  notifications.show({ color: 'red', title: 'The queue was not changed', message: error.message })

/** Menu entries of a run that waits: earlier, later, out of the queue. */
export function QueueItems({ run, position }: { readonly run: RunSummary; readonly position: number }) {
  const { data: runs } = useCall('runs.list', {})
  const move = useAction('runs.reorder')
  const stop = useAction('runs.stop')
  const last = runs?.filter(({ status }) => status === 'queued').length ?? position
  const to = (place: number) => move.mutate({ runId: run.id, position: place }, { onError: refused })
  return (
    <>
      <Menu.Item leftSection={<Icon name="up" size={16} />} disabled={position <= 1} onClick={() => to(position - 1)}>
        Start earlier
      </Menu.Item>
      <Menu.Item
        leftSection={<Icon name="down" size={16} />}
        disabled={position >= last}
        onClick={() => to(position + 1)}
      >
        Start later
      </Menu.Item>
      <Menu.Item
        leftSection={<Icon name="close" size={16} />}
        onClick={() => stop.mutate({ runId: run.id, checkpoint: false }, { onError: refused })}
      >
        Take out of the queue
      </Menu.Item>
      <Menu.Divider />
    </>
  )
}
