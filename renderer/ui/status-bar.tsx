import { Anchor, Group, Text } from '@mantine/core'
import { formatBytes, formatPercent } from '../../shared/domain/amounts.ts'
import { ACTIVE_STATUSES, type RunPlan, type RunSummary } from '../../shared/domain/run.ts'
import type { LinkState } from '../api/link.ts'
import { useCall, useLinkState } from '../api/studio.tsx'
import { hrefOf } from '../router/route.ts'
import { STATUS_LOOKS } from './status-badge.tsx'

const CONNECTION = {
  open: { text: 'Connected', color: 'var(--chart-3)' },
  connecting: { text: 'Connecting…', color: 'var(--chart-2)' },
  waiting: { text: 'No connection', color: 'var(--mantine-color-red-6)' },
  closed: { text: 'Closed', color: 'var(--mantine-color-red-6)' },
} as const satisfies Record<LinkState['kind'], { text: string; color: string }>

const BACKEND_NAMES = { tensorflow: 'TensorFlow', portable: 'Portable back end (slower)' } as const satisfies Record<
  RunPlan['backend'],
  string
>

/** The device, named once: engines report `TensorFlow 2.x, CPU` as one text or the plain device. */
const deviceText = ({ backend, device }: RunPlan): string =>
  device.toLowerCase().includes(backend) ? device : `${BACKEND_NAMES[backend]} · ${device}`

function Job({ run }: { readonly run: RunSummary }) {
  const { data } = useCall('runs.get', { runId: run.id })
  const share =
    run.totalSteps > 0 ? ` · step ${run.step} of ${run.totalSteps} (${formatPercent(run.step / run.totalSteps)})` : ''
  return (
    <Group gap={16} wrap="nowrap" miw={0}>
      <Text size="xs" className="numbers" truncate>
        <Anchor href={hrefOf({ screen: 'run', runId: run.id, tab: 'curves' })} inherit underline="always">
          {run.name}
        </Anchor>
        {` · ${STATUS_LOOKS[run.status].label}${share}`}
      </Text>
      {data?.plan == null && run.phase !== null && (
        <Text size="xs" c="dimmed" truncate>
          {run.phase}
        </Text>
      )}
    </Group>
  )
}

/** What trains and how much memory is left; asked again now and then, since nothing tells of it. */
function Machine({ plan }: { readonly plan: RunPlan | null }) {
  const { data } = useCall('app.status', {}, { everyMs: 5_000 })
  if (data === undefined) return null
  const device = plan ? deviceText(plan) : data.device
  return (
    <Text size="xs" c="dimmed" className="numbers" truncate>
      {device ?? (
        <Anchor href={hrefOf({ screen: 'doctor' })} inherit underline="always">
          Device: see Doctor
        </Anchor>
      )}
      {`  ·  ${formatBytes(data.memory.available)} of ${formatBytes(data.memory.total)} memory free`}
    </Text>
  )
}

/** The device of the job at work, else the one used last. */
function JobMachine({ runId }: { readonly runId: string }) {
  const { data } = useCall('runs.get', { runId })
  return <Machine plan={data?.plan ?? null} />
}

/** Always visible: the job at work, on which device, and the state of the connection. */
export function StatusBar() {
  const link = useLinkState()
  const { data: runs } = useCall('runs.list', {})
  const { data: info } = useCall('app.info', {})
  const job = runs?.find(({ status }) => ACTIVE_STATUSES.includes(status) && status !== 'queued')
  const connection = CONNECTION[link.kind]
  return (
    <Group h="100%" px={24} gap={16} justify="space-between" wrap="nowrap">
      {job ? (
        <Job run={job} />
      ) : (
        <Text size="xs" c="dimmed">
          No run at work
        </Text>
      )}
      <Group gap={14} wrap="nowrap" style={{ flex: '0 1 auto', minWidth: 0 }}>
        {job ? <JobMachine runId={job.id} /> : <Machine plan={null} />}
        <Group gap={7} wrap="nowrap" role="status">
          <span style={{ width: 8, height: 8, borderRadius: '50%', background: connection.color }} />
          <Text size="xs">{connection.text}</Text>
        </Group>
        {info && (
          <Text size="xs" c="dimmed">
            {info.version}
          </Text>
        )}
      </Group>
    </Group>
  )
}
