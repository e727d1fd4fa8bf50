import { Badge } from '@mantine/core'
import type { RunStatus } from '../../shared/domain/run.ts'

export const STATUS_LOOKS = {
  queued: { label: 'Queued', color: 'gray' },
  preparing: { label: 'Preparing', color: 'iris' },
  running: { label: 'Running', color: 'iris' },
  stopping: { label: 'Stopping', color: 'orange' },
  finished: { label: 'Finished', color: 'teal' },
  stopped: { label: 'Stopped', color: 'gray' },
  failed: { label: 'Failed', color: 'red' },
  interrupted: { label: 'Interrupted', color: 'orange' },
} as const satisfies Record<RunStatus, { label: string; color: string }>

/** Still: an animation would take a share of the processor that the engine needs. */
const Dot = () => (
  <span style={{ width: 7, height: 7, borderRadius: '50%', background: 'currentColor', display: 'block' }} />
)

/** The state of a run, in a word and a colour. */
export function StatusBadge({ status }: { readonly status: RunStatus }) {
  const { label, color } = STATUS_LOOKS[status]
  return (
    <Badge
      className={`status-badge status-${color}`}
      color={color}
      variant="light"
      leftSection={<Dot />}
      tt="none"
      fw={600}
      styles={{ label: { letterSpacing: 0, fontSize: 12 } }}
      size="lg"
    >
      {label}
    </Badge>
  )
}

/** For a run that was taken from a bundle. */
export const ImportedBadge = () => (
  <Badge
    size="sm"
    miw="max-content"
    variant="outline"
    color="gray"
    tt="none"
    title="Settings and curves came in a bundle"
  >
    Imported
  </Badge>
)
