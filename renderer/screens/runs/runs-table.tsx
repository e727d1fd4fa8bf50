import {
  Anchor,
  Badge,
  Box,
  Checkbox,
  Group,
  Progress,
  Table,
  Text,
  Tooltip,
  UnstyledButton,
  VisuallyHidden,
} from '@mantine/core'
import { memo } from 'react'
import { ALARMS } from '../../../shared/domain/alarm.ts'
import { formatPercent } from '../../../shared/domain/amounts.ts'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { formatDate, formatWhen } from '../../format/dates.ts'
import { fileName, formatCompact, formatCount, formatDuration, formatLoss, modelName } from '../../format/numbers.ts'
import { goTo, hrefOf, type Route } from '../../router/route.ts'
import { Icon } from '../../ui/icon.tsx'
import { ImportedBadge, StatusBadge } from '../../ui/status-badge.tsx'
import { useNow } from '../../ui/use-now.ts'
import { useStillWhileScrolling } from '../../ui/use-still.ts'
import { RunMenu } from '../run/run-menu.tsx'
import { accuracyOf, durationOf, isActive, methodLabel, queueText } from './run-figures.ts'
import { type Sort, type SortKey, sortRuns } from './run-view.ts'

const DASH = '–'
const NOWRAP = { whiteSpace: 'nowrap' } as const

/** That there is something wrong with the numbers; the run's own page says what. */
const AlarmMark = ({ alarms }: Pick<RunSummary, 'alarms'>) => {
  if (alarms.length === 0) return null
  const text = alarms.map(({ kind }) => ALARMS[kind].title).join(', ')
  return (
    <Box component="span" c="var(--studio-warning)" lh={0} style={{ flex: 'none' }} title={text}>
      <Icon name="alert" size={14} />
      <VisuallyHidden>Warning: {text}</VisuallyHidden>
    </Box>
  )
}
const COLUMNS = [
  { key: 'status', label: 'Status' },
  { key: 'name', label: 'Name' },
  { key: 'method', label: 'Method' },
  { key: 'model', label: 'Model', className: 'model-column' },
  { key: 'data', label: 'Data', className: 'data-column' },
  { key: 'loss', label: 'Loss', figure: true },
  { key: 'accuracy', label: 'Accuracy', figure: true },
  { key: 'steps', label: 'Steps', figure: true },
  { key: 'duration', label: 'Duration', figure: true, className: 'duration-column' },
  { key: 'created', label: 'Created' },
] as const satisfies readonly { key: SortKey; label: string; figure?: boolean; className?: string }[]

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

/** Short enough for a column. */
const stepText = (step: number): string => (step < 100_000 ? formatCount(step) : formatCompact(step))

const StepsCell = ({ run }: { readonly run: RunSummary }) => (
  <Box style={NOWRAP}>
    {run.totalSteps === 0 ? DASH : `${stepText(run.step)} / ${stepText(run.totalSteps)}`}
    {isActive(run) && run.totalSteps > 0 && (
      <Progress value={(100 * run.step) / run.totalSteps} size={3} mt={3} aria-label={`Progress of ${run.name}`} />
    )}
  </Box>
)

/** What a run fails of, does or waits for, in one quiet line. */
function Note({ run }: { readonly run: RunSummary }) {
  const waits = run.queuePosition === null ? null : queueText(run.queuePosition)
  const note = run.error?.message ?? waits ?? (isActive(run) ? run.phase : null)
  if (note === null) return null
  return (
    <Text size="xs" c={run.error ? 'var(--studio-danger)' : 'dimmed'} truncate title={note}>
      {note}
    </Text>
  )
}

const Tags = ({ run: { tags, imported } }: { readonly run: RunSummary }) => (
  <Group gap={4} className="row-tags" title={tags.join(', ')}>
    {imported && <ImportedBadge />}
    {tags.map((tag) => (
      <Badge key={tag} size="sm" miw="max-content" variant="light" color="gray" className="status-gray" tt="none">
        {tag}
      </Badge>
    ))}
  </Group>
)

type HeadProps = {
  readonly column: (typeof COLUMNS)[number]
  readonly sort: Sort
  readonly onSort: (sort: Sort) => void
}

/** A heading that sorts; the second press turns the order round. */
function SortHead({ column: { key, label, ...rest }, sort, onSort }: HeadProps) {
  const active = sort.by === key
  const figure = 'figure' in rest
  return (
    <Table.Th
      ta={figure ? 'right' : 'left'}
      {...('className' in rest ? { className: rest.className } : {})}
      aria-sort={active ? (sort.descending ? 'descending' : 'ascending') : 'none'}
    >
      <UnstyledButton
        className="sort-head"
        data-active={active || undefined}
        onClick={() => onSort({ by: key, descending: active ? !sort.descending : figure || key === 'created' })}
      >
        {label}
        <span aria-hidden="true" className="sort-arrow">
          {active ? (sort.descending ? '↓' : '↑') : ''}
        </span>
      </UnstyledButton>
    </Table.Th>
  )
}

type RowProps = {
  readonly run: RunSummary
  readonly now: number
  readonly chosen: boolean
  readonly onChoose: (runId: string) => void
}

/** Drawn anew only where it changes: a row costs a millisecond, and a long history has hundreds. */
const RunRow = memo(function RunRow({ run, now, chosen, onChoose }: RowProps) {
  const duration = durationOf(run, now)
  return (
    <Table.Tr className="clickable-row" onClick={() => goTo(placeOf(run))} data-run={run.id}>
      <Table.Td w={36} onClick={(event) => event.stopPropagation()}>
        <Checkbox size="xs" aria-label={`Choose ${run.name}`} checked={chosen} onChange={() => onChoose(run.id)} />
      </Table.Td>
      <Table.Td>
        <StatusBadge status={run.status} />
      </Table.Td>
      <Table.Td className="name-cell">
        <Group gap={6} wrap="nowrap" miw={0}>
          <Anchor
            href={hrefOf(placeOf(run))}
            fw={600}
            size="sm"
            lineClamp={2}
            title={run.name}
            onClick={(event) => event.stopPropagation()}
          >
            {run.name}
          </Anchor>
          <AlarmMark alarms={run.alarms} />
        </Group>
        <Note run={run} />
        <Tags run={run} />
      </Table.Td>
      <Table.Td style={NOWRAP}>{methodLabel(run.method)}</Table.Td>
      <Table.Td maw={130} className="model-column">
        <Text size="sm" truncate title={run.model}>
          {modelName(run.model)}
        </Text>
      </Table.Td>
      <Table.Td maw={130} className="data-column">
        <Text size="sm" truncate title={run.data}>
          {fileName(run.data)}
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
      <Table.Td ta="right" style={NOWRAP} className="duration-column">
        {duration === null ? DASH : formatDuration(duration)}
      </Table.Td>
      <Table.Td title={formatDate(run.createdAt)} style={NOWRAP}>
        {formatWhen(run.createdAt, now)}
      </Table.Td>
      <Table.Td onClick={(event) => event.stopPropagation()} w={52} pr={14}>
        <RunMenu run={run} />
      </Table.Td>
    </Table.Tr>
  )
})

type Props = {
  readonly runs: readonly RunSummary[]
  readonly sort: Sort
  readonly onSort: (sort: Sort) => void
  readonly chosen: readonly string[]
  readonly onChoose: (runId: string) => void
}

/** A row opens its run. */
export function RunsTable({ runs, sort, onSort, chosen, onChoose }: Props) {
  const now = useNow(runs.some(isActive))
  const body = useStillWhileScrolling<HTMLTableSectionElement>()
  // Of runs at rest only the day they are of changes.
  const minute = Math.floor(now / 60_000) * 60_000
  return (
    <Table.ScrollContainer minWidth={700} type="native">
      <Table highlightOnHover verticalSpacing={9} horizontalSpacing={9} className="numbers runs-table runs-list">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={36}>
              <VisuallyHidden>Choose</VisuallyHidden>
            </Table.Th>
            {COLUMNS.map((column) => (
              <SortHead key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
            <Table.Th w={52}>
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody ref={body}>
          {sortRuns(runs, sort, now).map((run) => (
            <RunRow
              key={run.id}
              run={run}
              now={isActive(run) ? now : minute}
              chosen={chosen.includes(run.id)}
              onChoose={onChoose}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
