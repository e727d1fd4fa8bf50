import { Alert, Box, Button, Group, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core'
import { formatBytes, formatPercent } from '../../../shared/domain/amounts.ts'
import type { DataFacts, DataQuestion, DataTask } from '../../../shared/domain/data-facts.ts'
import { useCall } from '../../api/studio.tsx'
import { fileName, formatCount } from '../../format/numbers.ts'
import { hrefOf } from '../../router/route.ts'
import { Card } from '../../ui/card.tsx'
import { CopyAction } from '../../ui/copy-action.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { FigureItem } from '../../ui/figure-item.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ProblemList } from '../../ui/problem-list.tsx'
import { ColumnMapping } from '../new-run/column-mapping.tsx'
import { LabelBars } from './label-bars.tsx'
import { LengthHistogram } from './length-histogram.tsx'
import { LintList } from './lint-list.tsx'
import { PreviewTable } from './preview-table.tsx'
import { TokenSamples } from './token-samples.tsx'

const rowsWith = (facts: Pick<DataFacts, 'lint'>, kind: DataFacts['lint'][number]['kind']): number =>
  facts.lint.find((finding) => finding.kind === kind)?.rows ?? 0

function figuresOf({ rows, lengths, bytes, ...facts }: DataFacts) {
  const all = { label: 'Rows', value: rows === null ? '–' : formatCount(rows), note: formatBytes(bytes) }
  const count = (label: string, kind: Parameters<typeof rowsWith>[1]) => ({
    label,
    value: formatCount(rowsWith(facts, kind)),
    note: 'rows',
  })
  // Rows with labels, and those seen without a model, are not taken apart into tokens.
  if (lengths === null) return [all, count('Duplicates', 'duplicate')]
  const { tokens, median, trained } = lengths
  return [
    all,
    { label: 'Tokens', value: formatCount(tokens), note: `median ${median} a row` },
    {
      label: 'Learnt',
      value: formatPercent(trained / Math.max(1, tokens)),
      note: `${formatCount(trained)} tokens`,
    },
    count('Cut', 'truncated'),
    count('Left out', 'dropped'),
    count('Duplicates', 'duplicate'),
  ]
}

type Props = {
  readonly question: DataQuestion
  readonly onColumns: (columns: DataQuestion['columns']) => void
}

/** The task the rows were read for. */
const taskSeen = ({ taskType }: DataQuestion, { looksLike }: DataFacts): DataTask['taskType'] =>
  taskType === 'auto' ? (looksLike?.taskType ?? 'CAUSAL_LM') : taskType

/** The parts of the answer, whatever of them there is. */
const DataFactsBody = ({ facts, question, onColumns }: Props & { readonly facts: DataFacts }) => (
  <Stack gap={14}>
    {facts.problems.length > 0 && (
      <Alert color="orange" variant="light" icon={<Icon name="alert" />} title="It cannot be used as it is">
        <ProblemList problems={facts.problems} />
      </Alert>
    )}
    {facts.rows !== null && (
      <Card title="At a glance">
        <SimpleGrid cols={{ base: 3, xl: 6 }}>
          {figuresOf(facts).map((figure) => (
            <FigureItem key={figure.label} {...figure} />
          ))}
        </SimpleGrid>
      </Card>
    )}
    <Card
      title="First rows"
      action={
        <Text size="sm" c="dimmed">
          {facts.format}
        </Text>
      }
    >
      <Stack gap={12}>
        {facts.columns.length > 0 && (
          <ColumnMapping
            columns={facts.columns}
            mapped={question.columns}
            task={taskSeen(question, facts)}
            onChange={onColumns}
          />
        )}
        <PreviewTable facts={facts} />
      </Stack>
    </Card>
    {facts.labels.length > 0 && (
      <Card title={`Labels: ${formatCount(facts.labelKinds)}`}>
        <LabelBars facts={facts} />
      </Card>
    )}
    {facts.samples.length > 0 && (
      <Card title="What the model sees">
        <TokenSamples facts={facts} />
      </Card>
    )}
    {facts.lengths && (
      <Card title="Lengths in tokens">
        <LengthHistogram histogram={facts.histogram} lengths={facts.lengths} cutoff={question.maxSeqLength} />
      </Card>
    )}
    {facts.rows !== null && (
      <Card title="Findings">
        <LintList facts={facts} />
      </Card>
    )}
  </Stack>
)

/** What a data file holds, seen with a model's tokenizer. */
export function DataFactsView({ question, onColumns }: Props) {
  const { data: facts, error, refetch } = useCall('data.inspect', question, { keep: true })
  const { file, model } = question
  return (
    <>
      <Group justify="space-between" wrap="nowrap" mih={36}>
        <Text fw={650} fz={17} truncate>
          {fileName(file)}
        </Text>
        <Group gap={8} wrap="nowrap">
          <CopyAction text={file} label="Copy path" />
          <Button
            size="xs"
            component="a"
            href={hrefOf({ screen: 'new-run', from: null, data: file, ...(model === null ? {} : { model }) })}
          >
            Train on it
          </Button>
        </Group>
      </Group>
      {error && <ErrorAlert title="The file could not be looked at" error={error} onRetry={() => void refetch()} />}
      {!error && facts === undefined && (
        <Box role="status" aria-label="Reading the file">
          <Skeleton h={110} radius="lg" mb={14} />
          <Skeleton h={260} radius="lg" />
        </Box>
      )}
      {facts && <DataFactsBody facts={facts} question={question} onColumns={onColumns} />}
    </>
  )
}
