import { Box, Table, Text } from '@mantine/core'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import { wholeMemory } from '../../../shared/domain/run-preview.ts'
import { formatCompact, formatDuration } from '../../format/numbers.ts'
import { exceeds } from './use-fit.ts'
import type { TwinPreview } from './use-twin-previews.ts'

type Props = { readonly twins: readonly TwinPreview[]; readonly limit: number | null }

/** Time as it is told for one run: not by the second where it is only estimated. */
const timeText = (seconds: number): string => `about ${formatDuration(1000 * Math.max(60, seconds))}`

function Row({ twin, limit }: { readonly twin: TwinPreview } & Pick<Props, 'limit'>) {
  const { method, preview, error } = twin
  const { plan, estimate } = preview ?? {}
  const large = exceeds({ preview, stale: false }, limit)
  const fault = error?.message ?? preview?.problems[0]?.message
  return (
    <Table.Tr data-twin={method} title={fault}>
      <Table.Th fw={400} scope="row">
        {METHODS[method].label}
      </Table.Th>
      <Table.Td>{plan ? formatCompact(plan.trainableParameters) : '…'}</Table.Td>
      <Table.Td c={large ? 'var(--studio-danger)' : undefined}>
        {plan ? formatBytes(wholeMemory(plan.memory)) : fault ? 'not possible' : '…'}
      </Table.Td>
      <Table.Td>{estimate ? timeText(estimate.seconds) : plan ? 'not known' : ''}</Table.Td>
    </Table.Tr>
  )
}

const wholeTime = (twins: Props['twins']): number | null =>
  twins.reduce<number | null>((sum, { preview }) => {
    const seconds = preview?.estimate?.seconds
    return sum === null || seconds === undefined ? null : sum + seconds
  }, 0)

/** Memory and time of each of the runs that will start, one after another. */
export function TwinFigures({ twins, limit }: Props) {
  if (twins.length === 0) return null
  const seconds = wholeTime(twins)
  const faults = twins.flatMap(({ method, preview, error }) => {
    const fault = error?.message ?? preview?.problems[0]?.message
    return fault ? [`${METHODS[method].label}: ${fault}`] : []
  })
  return (
    <Box role="group" aria-label="Each method">
      <Table verticalSpacing={4} horizontalSpacing={0} className="numbers preview-figures">
        <Table.Thead>
          <Table.Tr>
            {['Method', 'Trained', 'Memory', 'Time'].map((head) => (
              <Table.Th key={head} fw={400} c="dimmed" scope="col">
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {twins.map((twin) => (
            <Row key={twin.method} twin={twin} limit={limit} />
          ))}
        </Table.Tbody>
      </Table>
      {seconds !== null && (
        <Text size="xs" c="dimmed" mt={4}>
          {`One after another: ${timeText(seconds)} in all.`}
        </Text>
      )}
      {faults.map((fault) => (
        <Text key={fault} size="xs" c="var(--studio-danger)" mt={4}>
          {fault}
        </Text>
      ))}
    </Box>
  )
}
