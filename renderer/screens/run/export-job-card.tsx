import { Badge, Box, Button, Group, Progress, Stack, Table, Text } from '@mantine/core'
import type { ExportJob, ExportReport } from '../../../shared/domain/export.ts'
import { useAction } from '../../api/studio.tsx'
import { formatWhen } from '../../format/dates.ts'
import { formatBytes, formatCount, formatPercent } from '../../format/numbers.ts'
import { hrefOf } from '../../router/route.ts'
import { CopyAction } from '../../ui/copy-action.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MergeProofView } from './merge-proof-view.tsx'

const KIND_TITLES = { merged: 'Merged model', adapter: 'Adapter' } as const satisfies Record<ExportJob['kind'], string>
const LOOKS = {
  running: { label: 'Writing', color: 'iris' },
  finished: { label: 'Written', color: 'teal' },
  failed: { label: 'Failed', color: 'red' },
} as const satisfies Record<ExportJob['status'], { label: string; color: string }>

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

const Working = ({ job }: { readonly job: ExportJob }) => (
  <Box>
    <Group justify="space-between" mb={5}>
      <Text size="sm" c="dimmed">
        {job.phase ?? 'Starting'}
      </Text>
      <Text size="sm" className="numbers">
        {formatPercent(job.progress)}
      </Text>
    </Group>
    <Progress value={100 * job.progress} size={6} aria-label={`Progress of the export to ${job.folder}`} />
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

/** A merged model beside the base it was made of. */
const TryExport = ({ job: { kind, status, runId, folder } }: { readonly job: ExportJob }) =>
  kind === 'merged' && status === 'finished' ? (
    <Button
      size="xs"
      component="a"
      href={hrefOf({
        screen: 'chat',
        models: [
          { kind: 'base', runId },
          { kind: 'folder', folder },
        ],
      })}
      leftSection={<Icon name="chat" size={15} />}
    >
      Try it
    </Button>
  ) : null

/** One export: live progress, then the proof and the files, or what went wrong. */
export const ExportJobCard = ({ job }: { readonly job: ExportJob }) => (
  <Box className="studio-card" p={16} data-export={job.status}>
    <Stack gap={12}>
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600}>
          {KIND_TITLES[job.kind]}
          <Text span c="dimmed" size="sm" className="numbers">
            {`  from step ${formatCount(job.step)}, ${formatWhen(job.createdAt)}`}
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
          <TryExport job={job} />
          <ShowFolder path={job.folder} ready={job.status === 'finished'} />
          <CopyAction text={job.folder} label="Copy path" />
        </Group>
      </Group>
      {job.status === 'running' && <Working job={job} />}
      {job.error && <ErrorAlert title="The export failed" error={job.error} />}
      {job.report?.proof && <MergeProofView proof={job.report.proof} />}
      {job.report && <Files files={job.report.files} />}
    </Stack>
  </Box>
)
