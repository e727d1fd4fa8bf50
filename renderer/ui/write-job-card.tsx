import { Badge, Box, Button, Group, Progress, Stack, Table, Text } from '@mantine/core'
import { formatBytes, formatPercent } from '../../shared/domain/amounts.ts'
import type { ChatModel } from '../../shared/domain/chat.ts'
import type { ExportReport, WriteState } from '../../shared/domain/export.ts'
import { useAction } from '../api/studio.tsx'
import { hrefOf } from '../router/route.ts'
import { CopyAction } from './copy-action.tsx'
import { ErrorAlert } from './error-alert.tsx'
import { Icon } from './icon.tsx'
import { MergeProofView } from './merge-proof-view.tsx'

const LOOKS = {
  running: { label: 'Writing', color: 'iris' },
  finished: { label: 'Written', color: 'teal' },
  failed: { label: 'Failed', color: 'red' },
} as const satisfies Record<WriteState['status'], { label: string; color: string }>

const Files = ({ files }: { readonly files: ExportReport['files'] }) => (
  <Table verticalSpacing={4} className="numbers">
    <Table.Thead>
      <Table.Tr>
        <Table.Th>File</Table.Th>
        <Table.Th ta="right">Size</Table.Th>
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {files.map(({ name, bytes }) => (
        <Table.Tr key={name}>
          <Table.Td style={{ overflowWrap: 'anywhere' }}>{name}</Table.Td>
          <Table.Td ta="right">{formatBytes(bytes)}</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
)

type Job = WriteState & { readonly folder: string }

const Working = ({ job }: { readonly job: Job }) => (
  <Box>
    <Group justify="space-between" mb={5}>
      <Text size="sm" c="dimmed">
        {job.phase ?? 'Starting'}
      </Text>
      <Text size="sm" className="numbers">
        {formatPercent(job.progress)}
      </Text>
    </Group>
    <Progress value={100 * job.progress} size={6} aria-label={`Progress of what is written to ${job.folder}`} />
  </Box>
)

/** The system's file manager is within reach of the desktop window only. */
function ShowFolder({ path, ready }: { readonly path: string; readonly ready: boolean }) {
  const show = useAction('shell.showFolder')
  if (window.studioBridge === undefined || !ready) return null
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<Icon name="folder" size={15} />}
      onClick={() => show.mutate({ path })}
    >
      Open folder
    </Button>
  )
}

type Props = {
  readonly title: string
  readonly note: string
  readonly failure: string
  readonly job: Job
  /** The models that the finished one can be tried beside, itself among them; none: it cannot be talked to. */
  readonly tryWith: readonly ChatModel[]
}

const TryIt = ({ models }: { readonly models: readonly ChatModel[] }) => (
  <Button
    size="xs"
    component="a"
    href={hrefOf({ screen: 'chat', models })}
    leftSection={<Icon name="chat" size={15} />}
  >
    Try it
  </Button>
)

/** A folder being written: live progress, then the proof and the files, or what went wrong. */
export const WriteJobCard = ({ title, note, failure, job, tryWith }: Props) => (
  <Box className="studio-card" p={16} data-export={job.status}>
    <Stack gap={12}>
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600}>
          {title}
          <Text span c="dimmed" size="sm" className="numbers">
            {`  ${note}`}
          </Text>
        </Text>
        <Badge
          color={LOOKS[job.status].color}
          className={`status-badge status-${LOOKS[job.status].color}`}
          variant="light"
          tt="none"
        >
          {LOOKS[job.status].label}
        </Badge>
      </Group>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Text size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
          {job.folder}
        </Text>
        <Group gap={8} wrap="nowrap">
          {job.status === 'finished' && tryWith.length > 0 && <TryIt models={tryWith} />}
          <ShowFolder path={job.folder} ready={job.status === 'finished'} />
          <CopyAction text={job.folder} label="Copy path" />
        </Group>
      </Group>
      {job.status === 'running' && <Working job={job} />}
      {job.error && <ErrorAlert title={failure} error={job.error} />}
      {job.report?.proof && <MergeProofView proof={job.report.proof} />}
      {job.report?.notes.map((note) => (
        <Text key={note} size="sm" c="dimmed">
          {note}
        </Text>
      ))}
      {job.report && <Files files={job.report.files} />}
    </Stack>
  </Box>
)
