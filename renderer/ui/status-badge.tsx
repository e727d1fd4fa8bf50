import { Badge } from '@mantine/core'
import type { RunStatus } from '../../shared/domain/run.ts'
import { StateBadge, type StateLook } from './state-badge.tsx'

export const STATUS_LOOKS = {
  queued: { label: 'Queued', color: 'gray' },
  preparing: { label: 'Preparing', color: 'iris' },
  running: { label: 'Running', color: 'iris' },
  stopping: { label: 'Stopping', color: 'orange' },
  finished: { label: 'Finished', color: 'teal' },
  stopped: { label: 'Stopped', color: 'gray' },
  failed: { label: 'Failed', color: 'red' },
  interrupted: { label: 'Interrupted', color: 'orange' },
} as const satisfies Record<RunStatus, StateLook>

/** The state of a run, in a word and a colour. */
export const StatusBadge = ({ status }: { readonly status: RunStatus }) => <StateBadge look={STATUS_LOOKS[status]} />

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
