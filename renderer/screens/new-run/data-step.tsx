import { Accordion, Box, Button, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import type { DataFacts, DataQuestion } from '../../../shared/domain/data-facts.ts'
import { runConfigSchema } from '../../../shared/domain/run-config.ts'
import { useCall } from '../../api/studio.tsx'
import { formatCount } from '../../format/numbers.ts'
import { PathInput } from '../../ui/path-input.tsx'
import { ProblemList } from '../../ui/problem-list.tsx'
import { LabelBars } from '../data/label-bars.tsx'
import { LengthHistogram } from '../data/length-histogram.tsx'
import { LintList } from '../data/lint-list.tsx'
import { PreviewTable } from '../data/preview-table.tsx'
import { taskWords } from '../data/tasks.ts'
import { TokenSamples } from '../data/token-samples.tsx'
import { ColumnMapping } from './column-mapping.tsx'
import { columnsOf, type Draft } from './draft.ts'
import { StepCard } from './step-card.tsx'
import type { DraftForm } from './use-draft.ts'

const TYPING_PAUSE_MS = 600

/** The question about the data as the form stands; settings that are wrong as they are fall back to their defaults. */
export function questionOf(draft: Draft): DataQuestion | null {
  const file = String(draft.train_file).trim()
  if (file === '') return null
  const { shape } = runConfigSchema
  const limit = shape.max_seq_length.safeParse(Number(draft.max_seq_length))
  const template = shape.prompt_template.safeParse(draft.prompt_template)
  const model = String(draft.model_name_or_path).trim()
  const validation = String(draft.validation_file).trim()
  return {
    file,
    model: model === '' ? null : model,
    validationFile: validation === '' ? null : validation,
    columns: columnsOf(draft),
    taskType: shape.task_type.parse(draft.task_type),
    problemType: shape.problem_type.parse(draft.problem_type),
    promptTemplate: template.success ? template.data : 'auto',
    trainOnInputs: draft.train_on_inputs === true,
    maxSeqLength: limit.success ? limit.data : 512,
  }
}

/** `told`: a fault of the file is told beside its field already. */
const Understood = ({ facts, told }: { readonly facts: DataFacts; readonly told: boolean }) => (
  <Group justify="space-between" gap="sm" role="status">
    {facts.rows === null ? (
      <Box c="var(--studio-danger)">{!told && <ProblemList problems={facts.problems} />}</Box>
    ) : (
      <Text size="sm" c="var(--studio-good)">
        {`${formatCount(facts.rows)} rows, understood as: ${facts.format}`}
      </Text>
    )}
  </Group>
)

/** Rows that look made for another task than the one that is set. */
function TaskHint({ form, facts: { looksLike } }: { readonly form: DraftForm; readonly facts: DataFacts }) {
  const { task_type, problem_type } = form.draft
  if (looksLike === null || looksLike.taskType === task_type) return null
  const adopt = () => {
    form.set('task_type', looksLike.taskType)
    form.set('problem_type', looksLike.taskType === 'CAUSAL_LM' ? problem_type : looksLike.problemType)
  }
  return (
    <Group gap="sm">
      <Text size="sm">{`These rows look made for ${taskWords(looksLike)}.`}</Text>
      <Button size="compact-sm" variant="light" onClick={adopt}>
        Set the task to that
      </Button>
    </Group>
  )
}

function Looks({ facts, cutoff }: { readonly facts: DataFacts; readonly cutoff: number }) {
  if (facts.rows === null) return null
  const findings = facts.lint.reduce((sum, { rows }) => sum + rows, 0)
  return (
    <Accordion variant="contained" className="advanced" order={3} keepMounted={false}>
      {facts.samples.length > 0 && (
        <Accordion.Item value="tokens">
          <Accordion.Control>What the model sees, token by token</Accordion.Control>
          <Accordion.Panel>
            <TokenSamples facts={facts} />
          </Accordion.Panel>
        </Accordion.Item>
      )}
      {facts.lengths && (
        <Accordion.Item value="lengths">
          <Accordion.Control>Lengths in tokens</Accordion.Control>
          <Accordion.Panel>
            <LengthHistogram histogram={facts.histogram} lengths={facts.lengths} cutoff={cutoff} />
          </Accordion.Panel>
        </Accordion.Item>
      )}
      <Accordion.Item value="lint">
        <Accordion.Control>
          {findings === 0 ? 'Findings: none' : `Findings: ${formatCount(findings)} rows`}
        </Accordion.Control>
        <Accordion.Panel>
          <LintList facts={facts} />
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  )
}

function Preview({ form, question }: { readonly form: DraftForm; readonly question: DataQuestion }) {
  const { data: facts, error } = useCall('data.inspect', question, { keep: true })
  if (error)
    return (
      <Text size="sm" c="var(--studio-danger)">
        {error.message}
      </Text>
    )
  if (facts === undefined)
    return (
      <Text size="sm" c="dimmed">
        Reading the file…
      </Text>
    )
  return (
    <Stack gap={12}>
      <Understood facts={facts} told={form.shownErrors.train_file !== undefined} />
      <TaskHint form={form} facts={facts} />
      {facts.columns.length > 0 && (
        <ColumnMapping
          columns={facts.columns}
          mapped={columnsOf(form.draft)}
          task={runConfigSchema.shape.task_type.parse(form.draft.task_type)}
          onChange={(mapped) => form.set('columns', JSON.stringify(mapped))}
          error={form.shownErrors.columns}
        />
      )}
      {facts.labels.length > 0 && <LabelBars facts={facts} />}
      {facts.preview.length > 0 && <PreviewTable facts={facts} rows={4} />}
      <Looks facts={facts} cutoff={question.maxSeqLength} />
    </Stack>
  )
}

const FILES = [
  { name: 'validation_file', label: 'Validation data', hint: 'Measured while training; not trained on.' },
  { name: 'test_file', label: 'Test data', hint: 'Measured once, at the end.' },
] as const

/** What it is trained on, with a look at it. */
export function DataStep({ form }: { readonly form: DraftForm }) {
  const { data: known } = useCall('data.list', {})
  const [settled] = useDebouncedValue(form.draft, TYPING_PAUSE_MS)
  const question = questionOf(settled)
  const paths = known?.filter(({ exists }) => exists).map(({ path }) => path) ?? []
  return (
    <StepCard step={2} title="Data" hint="the examples it learns from">
      <Stack gap={14}>
        <PathInput
          name="train_file"
          label="Training data"
          description="JSON Lines, JSON, CSV or Parquet with instruction and output, conversations, or text."
          wants="file"
          known={paths}
          value={String(form.draft.train_file)}
          onChange={(path) => form.set('train_file', path)}
          onLeave={() => form.touch('train_file')}
          error={form.shownErrors.train_file}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing={14}>
          {FILES.map(({ name, label, hint }) => (
            <PathInput
              key={name}
              name={name}
              label={label}
              description={hint}
              wants="file"
              known={paths}
              value={String(form.draft[name])}
              onChange={(path) => form.set(name, path)}
              onLeave={() => form.touch(name)}
              error={form.shownErrors[name]}
              placeholder="none"
            />
          ))}
        </SimpleGrid>
        {question && <Preview form={form} question={question} />}
      </Stack>
    </StepCard>
  )
}
