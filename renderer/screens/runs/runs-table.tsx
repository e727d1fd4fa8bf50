import { Anchor, Box, Progress, Table, Text, Tooltip } from '@mantine/core'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { formatDate, formatWhen } from '../../format/dates.ts'
import { formatCount, formatDuration, formatLoss, formatPercent, modelName } from '../../format/numbers.ts'
import { goTo, hrefOf, type Route } from '../../router/route.ts'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { useNow } from '../../ui/use-now.ts'
import { RunMenu } from '../run/run-menu.tsx'
import { accuracyOf, durationOf, isActive, methodLabel } from './run-figures.ts'

const DASH = '–'
const COLUMNS = ['Status', 'Name', 'Method', 'Model', 'Loss', 'Accuracy', 'Steps', 'Duration', 'Created'] as const
const FIGURES: ReadonlySet<string> = new Set(['Loss', 'Accuracy', 'Steps', 'Duration'])

const placeOf = (run: RunSummary): Route => ({ screen: 'run', runId: run.id, tab: 'curves' })

const LossCell = ({ run: { evalLoss, trainLoss } }: { readonly run: RunSummary }) => {
  const loss = evalLoss ?? trainLoss
  if (loss === null) return DASH
  return (
    <Tooltip label={evalLoss === null ? 'Training loss' : 'Validation loss'}>
      <span>{formatLoss(loss)}</span>
    </Tooltip>
  )
}

const AccuracyCell = ({ run }: { readonly run: RunSummary }) => {
  const accuracy = accuracyOf(run)
  if (accuracy === null) return DASH
  return (
    <Tooltip label={run.testAccuracy === null ? 'Validation accuracy' : 'Test accuracy'}>
      <span>{formatPercent(accuracy)}</span>
    </Tooltip>
  )
}

const StepsCell = ({ run }: { readonly run: RunSummary }) => (
  <Box miw={84} style={{ whiteSpace: 'nowrap' }}>
    {run.totalSteps === 0 ? DASH : `${formatCount(run.step)} / ${formatCount(run.totalSteps)}`}
    {isActive(run) && run.totalSteps > 0 && (
      <Progress value={(100 * run.step) / run.totalSteps} size={3} mt={3} aria-label={`Progress of ${run.name}`} />
    )}
  </Box>
)

function RunRow({ run, now }: { readonly run: RunSummary; readonly now: number }) {
  const duration = durationOf(run, now)
  return (
    <Table.Tr className="clickable-row" onClick={() => goTo(placeOf(run))} data-run={run.id}>
      <Table.Td w={120}>
        <StatusBadge status={run.status} />
      </Table.Td>
      <Table.Td maw={210} miw={150}>
        <Anchor href={hrefOf(placeOf(run))} fw={600} size="sm" onClick={(event) => event.stopPropagation()}>
          {run.name}
        </Anchor>
        {(run.error || (isActive(run) && run.phase)) && (
          <Text size="xs" c={run.error ? 'var(--studio-danger)' : 'dimmed'} truncate title={run.error?.message}>
            {run.error?.message ?? run.phase}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{methodLabel(run.method)}</Table.Td>
      <Table.Td maw={140}>
        <Text size="sm" truncate title={run.model}>
          {modelName(run.model)}
        </Text>
      </Table.Td>
      <Table.Td ta="right">
        <LossCell run={run} />
      </Table.Td>
      <Table.Td ta="right">
        <AccuracyCell run={run} />
      </Table.Td>
      <Table.Td ta="right">
        <StepsCell run={run} />
      </Table.Td>
      <Table.Td ta="right" miw={88}>
        {duration === null ? DASH : formatDuration(duration)}
      </Table.Td>
      <Table.Td title={formatDate(run.createdAt)} style={{ whiteSpace: 'nowrap' }}>
        {formatWhen(run.createdAt, now)}
      </Table.Td>
      <Table.Td onClick={(event) => event.stopPropagation()} w={44}>
        <RunMenu run={run} />
      </Table.Td>
    </Table.Tr>
  )
}

/** Newest first; a row opens its run. */
export function RunsTable({ runs }: { readonly runs: readonly RunSummary[] }) {
  const now = useNow(runs.some(isActive))
  const sorted = [...runs].sort((a, b) => b.createdAt - a.createdAt)
  return (
    <Table.ScrollContainer minWidth={940} type="native">
      <Table highlightOnHover verticalSpacing={9} horizontalSpacing={10} className="numbers runs-table">
        <Table.Thead>
          <Table.Tr>
            {COLUMNS.map((name) => (
              <Table.Th key={name} ta={FIGURES.has(name) ? 'right' : 'left'}>
                {name}
              </Table.Th>
            ))}
            <Table.Th aria-label="Actions" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sorted.map((run) => (
            <RunRow key={run.id} run={run} now={now} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
