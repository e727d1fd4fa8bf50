import { Button, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import {
  examplesSchema,
  FEWEST_EXAMPLES,
  MOST_EXAMPLES,
  type Side,
  SPLITS,
  type Split,
  USUAL_EXAMPLES,
} from '../../../shared/domain/paired.ts'
import type { PairedJob } from '../../../shared/domain/paired-job.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { formatCount } from '../../format/numbers.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { newestOf } from './newest-paired.ts'
import { PairedState } from './paired-state.tsx'

const LABELS = { test: 'Test data', validation: 'Validation data' } as const satisfies Record<Split, string>
const BOUNDS = `${formatCount(FEWEST_EXAMPLES)} to ${formatCount(MOST_EXAMPLES)}`

/** Files that a run has, the one that decided nothing first. */
const splitsOf = (config: RunConfig): Split[] => SPLITS.filter((split) => config[`${split}_file`] !== null)

type Pair = { readonly a: Side; readonly b: Side }
type FormProps = Pair & {
  readonly splits: readonly Split[]
  readonly job: PairedJob | null
  readonly children: ReactNode
}

/** Which examples, and how many of them; what was asked last stands there at first. */
function AskForm({ a, b, splits, job, children }: FormProps) {
  const [split, setSplit] = useState(splits.find((one) => one === job?.split) ?? splits[0] ?? 'test')
  const [typed, setTyped] = useState(String(job?.examples ?? USUAL_EXAMPLES))
  const start = useAction('paired.start')
  const examples = examplesSchema.safeParse(typed.trim() === '' ? Number.NaN : Number(typed))
  return (
    <>
      <Group gap={12} align="flex-start">
        {children}
        {splits.length > 1 && (
          <SegmentedControl
            aria-label="Examples"
            size="xs"
            value={split}
            onChange={(value) => setSplit(SPLITS.find((one) => one === value) ?? split)}
            data={splits.map((value) => ({ value, label: LABELS[value] }))}
          />
        )}
        <TextInput
          size="xs"
          w={130}
          aria-label="Most examples"
          inputMode="numeric"
          leftSection={<Text size="xs">at most</Text>}
          leftSectionWidth={64}
          title={`${BOUNDS}; of a longer file they are drawn at random, the same ones each time`}
          value={typed}
          onChange={({ currentTarget: { value } }) => setTyped(value)}
          error={examples.success ? undefined : BOUNDS}
        />
        <Button
          size="xs"
          disabled={!examples.success || job?.status === 'running'}
          loading={start.isPending}
          onClick={() => examples.success && start.mutate({ a, b, split, examples: examples.data })}
        >
          Ask them the same examples
        </Button>
      </Group>
      {start.error && <ErrorAlert title="They could not be asked the same" error={start.error} />}
    </>
  )
}

type Props = Pair & {
  readonly title: string
  readonly hint: string
  /** Of the first of the two, whose files are asked. */
  readonly config: RunConfig
  /** What stands before the button, such as who the two are. */
  readonly children?: ReactNode
}

/** Asks two models the same examples, once the user wants it; the host keeps how far that is, and what came of it. */
export function PairedCard({ title, hint, a, b, config, children }: Props) {
  const splits = splitsOf(config)
  const { data: jobs } = useCall('paired.list', {})
  const job = newestOf(jobs ?? [], a, b)
  return (
    <Card title={title}>
      {splits.length === 0 ? (
        <Text c="dimmed">
          The run has neither test nor validation data, so there is nothing that both could be asked.
        </Text>
      ) : (
        <Stack gap={14}>
          <Text size="sm" c="dimmed">
            {hint}
          </Text>
          {jobs && (
            <AskForm key={JSON.stringify([a, b])} a={a} b={b} splits={splits} job={job}>
              {children}
            </AskForm>
          )}
          {job && <PairedState job={job} />}
        </Stack>
      )}
    </Card>
  )
}
