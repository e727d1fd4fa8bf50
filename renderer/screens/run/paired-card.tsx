import { Box, Button, Group, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { type Side, SPLITS, type Split } from '../../../shared/domain/paired.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { useCall } from '../../api/studio.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { PairedTable } from './paired-table.tsx'

const LABELS = { test: 'Test data', validation: 'Validation data' } as const satisfies Record<Split, string>

/** Files that a run has, the one that decided nothing first. */
const splitsOf = (config: RunConfig): Split[] => SPLITS.filter((split) => config[`${split}_file`] !== null)

type AskedProps = { readonly a: Side; readonly b: Side; readonly split: Split }

function Asked(order: AskedProps) {
  const { data, error, refetch } = useCall('runs.paired', order)
  if (error) return <ErrorAlert title="They could not be asked the same" error={error} onRetry={() => void refetch()} />
  if (data === undefined)
    return (
      <Box role="status">
        <Text size="sm" c="dimmed" mb={8}>
          Asking one after the other; it takes about as long as two evaluations.
        </Text>
        <Skeleton h={110} radius="md" />
      </Box>
    )
  return <PairedTable paired={data} />
}

type Props = {
  readonly title: string
  readonly hint: string
  readonly a: Side
  readonly b: Side
  /** Of the first of the two, whose files are asked. */
  readonly config: RunConfig
  /** What stands beside the button, such as who the two are. */
  readonly children?: ReactNode
}

/** Asks two models the same examples, once the user wants it: it takes as long as two evaluations. */
export function PairedCard({ title, hint, a, b, config, children }: Props) {
  const splits = splitsOf(config)
  const [picked, setPicked] = useState<Split | null>(null)
  const split = picked ?? splits[0]
  const [asked, setAsked] = useState<AskedProps | null>(null)
  return (
    <Card title={title}>
      {split === undefined ? (
        <Text c="dimmed">
          The run has neither test nor validation data, so there is nothing that both could be asked.
        </Text>
      ) : (
        <Stack gap={14}>
          <Text size="sm" c="dimmed">
            {hint}
          </Text>
          <Group gap={12}>
            {children}
            {splits.length > 1 && (
              <SegmentedControl
                aria-label="Examples"
                size="xs"
                value={split}
                onChange={(value) => setPicked(SPLITS.find((one) => one === value) ?? null)}
                data={splits.map((value) => ({ value, label: LABELS[value] }))}
              />
            )}
            <Button size="xs" onClick={() => setAsked({ a, b, split })}>
              Ask them the same examples
            </Button>
          </Group>
          {asked && <Asked key={JSON.stringify(asked)} {...asked} />}
        </Stack>
      )}
    </Card>
  )
}
