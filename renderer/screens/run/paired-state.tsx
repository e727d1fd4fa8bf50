import { Box, Button, Group, Progress, Text } from '@mantine/core'
import type { PairedJob } from '../../../shared/domain/paired-job.ts'
import { useAction } from '../../api/studio.tsx'
import { formatCount, formatDuration } from '../../format/numbers.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { PairedTable } from './paired-table.tsx'

/** `312 of 4,000 answers, about 1 min 05 s left`; what is not known yet is left out. */
function progressText({ done, total, secondsLeft }: PairedJob): string {
  if (total === 0) return ''
  const left = secondsLeft === null ? '' : `, about ${formatDuration(1000 * secondsLeft)} left`
  return `${formatCount(done)} of ${formatCount(total)} answers${left}`
}

function Working({ job }: { readonly job: PairedJob }) {
  const cancel = useAction('paired.cancel')
  const share = job.total === 0 ? 0 : job.done / job.total
  return (
    <Group gap={16} wrap="nowrap" align="flex-end" data-paired-job={job.status}>
      <Box style={{ flex: 1, minWidth: 0 }}>
        <Group justify="space-between" mb={5} gap="md" wrap="nowrap">
          <Text size="sm" c="dimmed" truncate role="status">
            {job.phase}
          </Text>
          <Text size="sm" className="numbers" style={{ flex: 'none' }}>
            {progressText(job)}
          </Text>
        </Group>
        <Progress value={100 * share} size={6} aria-label="Progress of the paired evaluation" />
      </Box>
      <Button size="xs" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate({ id: job.id })}>
        Cancel
      </Button>
    </Group>
  )
}

/** How far a paired evaluation is, or how it ended. */
export function PairedState({ job }: { readonly job: PairedJob }) {
  if (job.status === 'running') return <Working job={job} />
  if (job.result) return <PairedTable paired={job.result} />
  if (job.error) return <ErrorAlert title="They could not be asked the same" error={job.error} />
  const answers = job.total === 0 ? '' : ` after ${formatCount(job.done)} of ${formatCount(job.total)} answers`
  return <Text size="sm" c="dimmed" role="status">{`Cancelled${answers}.`}</Text>
}
