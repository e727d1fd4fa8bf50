import { Badge, Button, Code, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { formatBytes, formatPercent } from '../../../shared/domain/amounts.ts'
import type { Checkpoint, RunDetail, RunPlan } from '../../../shared/domain/run.ts'
import { useCall } from '../../api/studio.tsx'
import { formatDate, formatWhen } from '../../format/dates.ts'
import { formatCount, formatLoss } from '../../format/numbers.ts'
import { Card } from '../../ui/card.tsx'
import { CopyAction } from '../../ui/copy-action.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { FactRows } from '../../ui/fact-rows.tsx'
import { DescribeDialog } from './describe-dialog.tsx'

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

const BestBadge = () => (
  <Badge
    size="sm"
    miw="max-content"
    color="teal"
    className="status-teal"
    variant="light"
    tt="none"
    title="Lowest validation loss"
  >
    Best
  </Badge>
)

const NOWRAP = { whiteSpace: 'nowrap' } as const

const Checkpoints = ({ list }: { readonly list: readonly Checkpoint[] }) => (
  <Table verticalSpacing={6} className="numbers">
    <Table.Thead>
      <Table.Tr>
        <Table.Th>Step</Table.Th>
        <Table.Th>Val. loss</Table.Th>
        <Table.Th>Size</Table.Th>
        <Table.Th>Written</Table.Th>
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {list.map(({ step, evalLoss, best, bytes, createdAt, folder }) => (
        <Table.Tr key={folder} title={folder}>
          <Table.Td>
            <Group gap={8} wrap="nowrap">
              {formatCount(step)}
              {best && <BestBadge />}
            </Group>
          </Table.Td>
          <Table.Td>{evalLoss === null ? '–' : formatLoss(evalLoss)}</Table.Td>
          <Table.Td style={NOWRAP}>{formatBytes(bytes)}</Table.Td>
          <Table.Td style={NOWRAP} title={formatDate(createdAt)}>
            {formatWhen(createdAt)}
          </Table.Td>
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

function Notes({ run }: { readonly run: RunDetail }) {
  const [open, dialog] = useDisclosure(false)
  const edit = (
    <Button size="xs" variant="default" onClick={dialog.open}>
      Edit
    </Button>
  )
  return (
    <Card title="Tags and notes" action={edit}>
      {run.tags.length > 0 && (
        <Group gap={6} mb={8}>
          {run.tags.map((tag) => (
            <Badge key={tag} variant="light" color="gray" className="status-gray" tt="none">
              {tag}
            </Badge>
          ))}
        </Group>
      )}
      {run.notes === '' ? (
        run.tags.length === 0 && <Quiet>None yet.</Quiet>
      ) : (
        <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {run.notes}
        </Text>
      )}
      {open && <DescribeDialog run={run} onClose={dialog.close} />}
    </Card>
  )
}

/** What the run was given, what the engine made of it, and what lies on the disk. */
export const DetailsTab = ({ run }: { readonly run: RunDetail }) => (
  <SimpleGrid cols={{ base: 1, md: 2 }} spacing={14} style={{ alignItems: 'start' }}>
    <Stack gap={14}>
      <Notes run={run} />
      <Card title="Plan">
        {run.plan ? <FactRows rows={planRows(run.plan)} /> : <Quiet>Not known before the first step.</Quiet>}
      </Card>
      <Card title="Checkpoints">
        {run.checkpoints.length > 0 ? <Checkpoints list={run.checkpoints} /> : <Quiet>None written yet.</Quiet>}
      </Card>
      <Card title="Versions and folder">
        <FactRows rows={[...Object.entries(run.versions), ['Folder', run.folder]]} />
      </Card>
    </Stack>
    <Settings run={run} />
  </SimpleGrid>
)
