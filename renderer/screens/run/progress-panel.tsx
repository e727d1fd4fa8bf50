import { Box, Group, Progress, SimpleGrid, Text } from '@mantine/core'
import { formatPercent } from '../../../shared/domain/amounts.ts'
import type { MetricName } from '../../../shared/domain/metric.ts'
import type { RunDetail } from '../../../shared/domain/run.ts'
import type { MetricSnapshot } from '../../api/metric-buffer.ts'
import { pointsOf } from '../../charts/chart.ts'
import { formatDate } from '../../format/dates.ts'
import { formatCompact, formatCount, formatDuration, formatLoss } from '../../format/numbers.ts'
import { FigureItem } from '../../ui/figure-item.tsx'
import { STATUS_LOOKS } from '../../ui/status-badge.tsx'
import { useNow } from '../../ui/use-now.ts'
import { durationOf, isActive, queueText } from '../runs/run-figures.ts'
import { remainingMs } from './remaining.ts'

const DASH = '–'
const show = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? DASH : format(value)

/** The first steps are slower than the rest, so they are no measure. */
const remainingText = (measured: boolean, ms: number | null): string =>
  ms === null && measured ? 'measuring' : show(ms, formatDuration)

type Props = { readonly run: RunDetail; readonly snapshot: MetricSnapshot }

function figuresOf({ run, snapshot }: Props, now: number) {
  const latest = (name: MetricName) => pointsOf(snapshot, name).at(-1)?.value
  const active = isActive(run)
  const remaining = active ? remainingMs(pointsOf(snapshot, 'step_seconds'), run.step, run.totalSteps) : null
  const steps = run.totalSteps === 0 ? DASH : `${formatCount(run.step)} / ${formatCount(run.totalSteps)}`
  return [
    { label: 'Step', value: steps },
    { label: 'Epoch', value: show(latest('epoch'), (epoch) => epoch.toFixed(2)) },
    { label: 'Elapsed', value: show(durationOf(run, now), formatDuration) },
    { label: 'Remaining', value: remainingText(active && run.step > 0, remaining) },
    { label: 'Training loss', value: show(run.trainLoss, formatLoss) },
    { label: 'Validation loss', value: show(run.evalLoss, formatLoss) },
    run.testAccuracy === null
      ? { label: 'Val. accuracy', value: show(run.evalAccuracy, formatPercent) }
      : { label: 'Test accuracy', value: show(run.testAccuracy, formatPercent) },
    active
      ? { label: 'Tokens per second', value: show(latest('tokens_per_second'), formatCount) }
      : { label: 'Tokens seen', value: show(latest('tokens'), formatCompact) },
  ]
}

const workOf = (run: RunDetail): string => {
  if (run.queuePosition !== null) return queueText(run.queuePosition)
  if (isActive(run)) return run.phase ?? 'Training'
  // A run that ended early says why.
  if (run.phase !== null) return run.phase
  return run.endedAt === null
    ? STATUS_LOOKS[run.status].label
    : `${STATUS_LOOKS[run.status].label} ${formatDate(run.endedAt)}`
}

const BAR_COLOURS: Partial<Record<RunDetail['status'], string>> = {
  finished: 'teal',
  failed: 'red',
  interrupted: 'orange',
  stopped: 'gray',
}

/** How far the run is and where its figures stand; the height never changes. */
export function ProgressPanel({ run, snapshot }: Props) {
  const now = useNow(isActive(run))
  const share = run.totalSteps === 0 ? 0 : run.step / run.totalSteps
  const waiting = run.status === 'queued'
  const unknown = isActive(run) && !waiting && run.totalSteps === 0
  return (
    <Box className="studio-card" p={16} mb={14}>
      <Group justify="space-between" mb={7} gap="md" wrap="nowrap">
        <Text size="sm" c="dimmed" truncate aria-live="polite">
          {workOf(run)}
        </Text>
        <Text size="sm" fw={600} className="numbers" miw={60} ta="right" style={{ flex: 'none' }}>
          {unknown || waiting ? '' : formatPercent(share)}
        </Text>
      </Group>
      <Progress
        value={unknown ? 100 : 100 * share}
        size={8}
        striped={unknown}
        animated={unknown}
        color={BAR_COLOURS[run.status] ?? 'iris'}
        aria-label="Progress of the run"
      />
      <SimpleGrid cols={{ base: 2, xs: 4, lg: 8 }} spacing="sm" verticalSpacing="xs" mt={14}>
        {figuresOf({ run, snapshot }, now).map(({ label, value }) => (
          <FigureItem key={label} label={label} value={value} />
        ))}
      </SimpleGrid>
    </Box>
  )
}
