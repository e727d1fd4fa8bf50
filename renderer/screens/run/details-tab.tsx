import { Box, Code, Group, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Checkpoint, RunDetail, RunPlan } from '../../../shared/domain/run.ts'
import { useCall } from '../../api/studio.tsx'
import { formatDate } from '../../format/dates.ts'
import { formatBytes, formatCount, formatLoss, formatPercent } from '../../format/numbers.ts'
import { CopyAction } from '../../ui/copy-action.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'

type CardProps = { readonly title: string; readonly action?: ReactNode; readonly children: ReactNode }

const Card = ({ title, action, children }: CardProps) => (
  <Box className="studio-card" p={16}>
    <Group justify="space-between" mb={10} mih={30}>
      <Title order={2}>{title}</Title>
      {action}
    </Group>
    {children}
  </Box>
)

const planRows = (plan: RunPlan): readonly (readonly [string, string])[] => [
  ['Device', plan.device],
  ['Back end', plan.backend],
  ['Model type', plan.modelType],
  ['Parameters', formatCount(plan.totalParameters)],
  [
    'Trained',
    `${formatCount(plan.trainableParameters)} (${formatPercent(plan.trainableParameters / plan.totalParameters)})`,
  ],
  ['Steps', `${formatCount(plan.totalSteps)} (${formatCount(plan.stepsPerEpoch)} an epoch)`],
  [
    'Rows',
    `${formatCount(plan.trainRows)} training, ${formatCount(plan.validationRows)} validation, ${formatCount(plan.testRows)} test`,
  ],
  ['Cut at the length limit', `${formatCount(plan.truncatedRows)} rows`],
  ['Padding', formatPercent(plan.paddingShare)],
  ['Graph', `${formatCount(plan.graphNodes)} nodes`],
  ['Model hash', plan.modelHash],
  ['Data hash', plan.dataHash],
]

const Rows = ({ rows }: { readonly rows: readonly (readonly [string, string])[] }) => (
  <Table verticalSpacing={6} className="numbers" layout="fixed">
    <Table.Tbody>
      {rows.map(([label, value]) => (
        <Table.Tr key={label}>
          <Table.Th fw={400} c="dimmed" w={170} scope="row">
            {label}
          </Table.Th>
          <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
)

const Checkpoints = ({ list }: { readonly list: readonly Checkpoint[] }) => (
  <Table verticalSpacing={6} className="numbers">
    <Table.Thead>
      <Table.Tr>
        <Table.Th>Step</Table.Th>
        <Table.Th>Validation loss</Table.Th>
        <Table.Th>Size</Table.Th>
        <Table.Th>Written</Table.Th>
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {list.map(({ step, evalLoss, bytes, createdAt, folder }) => (
        <Table.Tr key={folder} title={folder}>
          <Table.Td>{formatCount(step)}</Table.Td>
          <Table.Td>{evalLoss === null ? '–' : formatLoss(evalLoss)}</Table.Td>
          <Table.Td>{formatBytes(bytes)}</Table.Td>
          <Table.Td>{formatDate(createdAt)}</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
)

const Quiet = ({ children }: { readonly children: ReactNode }) => (
  <Text size="sm" c="dimmed">
    {children}
  </Text>
)

function Settings({ run }: { readonly run: RunDetail }) {
  const { data, error } = useCall('config.format', run.config)
  return (
    <Card title="Settings" action={data && <CopyAction text={data.yaml} label="Copy as YAML" />}>
      {error && <ErrorAlert title="The settings could not be written as YAML" error={error} />}
      <Code block mah={820} className="settings-yaml" tabIndex={0} aria-label="Settings as YAML">
        {data?.yaml ?? ' '}
      </Code>
    </Card>
  )
}

/** What the run was given, what the engine made of it, and what lies on the disk. */
export const DetailsTab = ({ run }: { readonly run: RunDetail }) => (
  <SimpleGrid cols={{ base: 1, md: 2 }} spacing={14} style={{ alignItems: 'start' }}>
    <Stack gap={14}>
      <Card title="Plan">
        {run.plan ? <Rows rows={planRows(run.plan)} /> : <Quiet>Not known before the first step.</Quiet>}
      </Card>
      <Card title="Checkpoints">
        {run.checkpoints.length > 0 ? <Checkpoints list={run.checkpoints} /> : <Quiet>None written yet.</Quiet>}
      </Card>
      <Card title="Versions and folder">
        <Rows rows={[...Object.entries(run.versions), ['Folder', run.folder]]} />
      </Card>
    </Stack>
    <Settings run={run} />
  </SimpleGrid>
)
