import { Stack, Table } from '@mantine/core'
import { formatPercent } from '../../../shared/domain/amounts.ts'
import type { PreviewAnswer } from '../../../shared/domain/run-preview.ts'
import { formatCompact, formatCount, formatDuration } from '../../format/numbers.ts'
import { MemoryBar } from './memory-bar.tsx'
import type { MemoryLimit } from './use-memory-limit.ts'

type Plan = NonNullable<PreviewAnswer['plan']>

const epochText = (epochs: number): string => `${Number(epochs.toPrecision(3))} epoch${epochs === 1 ? '' : 's'}`

function timeText({ estimate }: PreviewAnswer): string {
  if (estimate === null) return 'known after a first run'
  // What is only estimated, without start and validation, is not told by the second.
  const rough = estimate.fromRun === null
  const time = rough && estimate.seconds < 60 ? 'a minute' : formatDuration(1000 * estimate.seconds)
  return rough
    ? `roughly ${time}, estimated from the speed of this machine`
    : `about ${time}, at the ${formatCompact(estimate.tokensPerSecond)} tokens/s of “${estimate.fromRun}”`
}

const rowsOf = (plan: Plan, answer: PreviewAnswer): readonly (readonly [string, string])[] => [
  [
    'Trained',
    `${formatCompact(plan.trainableParameters)} of ${formatCompact(plan.totalParameters)} parameters (${formatPercent(plan.trainableParameters / plan.totalParameters)})`,
  ],
  ['Steps', `${formatCount(plan.steps)}, ${epochText(plan.epochs)}`],
  ['Tokens', `${formatCompact(plan.tokens)} in all`],
  [
    'Rows',
    `${formatCount(plan.trainRows)} training, ${formatCount(plan.validationRows)} validation, ${formatCount(plan.testRows)} test`,
  ],
  ['Cut, left out', `${formatCount(plan.truncatedRows)} rows, ${formatCount(plan.droppedRows)} rows`],
  ['Padding', formatPercent(plan.paddingShare)],
  ['Time', timeText(answer)],
]

type Props = { readonly answer: PreviewAnswer; readonly stale: boolean; readonly limit: MemoryLimit }

/** The figures of a run to be. */
export function PreviewFigures({ answer, stale, limit }: Props) {
  const { plan } = answer
  if (plan === null) return null
  return (
    <Stack gap={12} style={{ opacity: stale ? 0.55 : 1 }} aria-busy={stale} data-preview={stale ? 'stale' : 'fresh'}>
      <Table
        verticalSpacing={5}
        horizontalSpacing={0}
        className="numbers preview-figures"
        layout="fixed"
        withRowBorders={false}
      >
        <Table.Tbody>
          {rowsOf(plan, answer).map(([label, value]) => (
            <Table.Tr key={label}>
              <Table.Th fw={400} c="dimmed" w={96} scope="row">
                {label}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <MemoryBar memory={plan.memory} limit={limit} />
    </Stack>
  )
}
