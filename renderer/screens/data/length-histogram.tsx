import { Box, Group, Text } from '@mantine/core'
import { formatPercent } from '../../../shared/domain/amounts.ts'
import type { DataFacts } from '../../../shared/domain/data-facts.ts'
import { formatCount } from '../../format/numbers.ts'
import { StretchedSvg } from '../../ui/stretched-svg.tsx'

type Props = {
  readonly histogram: DataFacts['histogram']
  readonly lengths: NonNullable<DataFacts['lengths']>
  readonly cutoff: number
}

const paddingText = ({ longest, buckets, packed }: NonNullable<Props['lengths']['padding']>): string =>
  `Padding: ${formatPercent(buckets)} in batches of like lengths, ${formatPercent(packed)} packed (${formatPercent(longest)} if all rows were as long as the longest).`

const WIDTH = 600
const HEIGHT = 130

/** Rows by length in tokens; bars behind the line hold rows that are cut. */
export function LengthHistogram({ histogram, lengths, cutoff }: Props) {
  const most = histogram.reduce((top, { rows }) => Math.max(top, rows), 1)
  const end = histogram.at(-1)?.to ?? 1
  const x = (tokens: number) => (WIDTH * Math.min(tokens, end)) / end
  const label = `Lengths of ${formatCount(lengths.measured)} rows: ${lengths.shortest} to ${lengths.longest} tokens, middle ${lengths.median}; the limit is ${cutoff}.`
  return (
    <Box>
      <StretchedSvg width={WIDTH} height={HEIGHT} label={label}>
        {histogram.map(({ from, to, rows }) => (
          <rect
            key={from}
            x={x(from) + 0.5}
            width={Math.max(1, x(to) - x(from) - 1)}
            y={HEIGHT - (HEIGHT - 6) * (rows / most)}
            height={(HEIGHT - 6) * (rows / most)}
            className={from >= cutoff ? 'bar-cut' : 'bar-kept'}
          >
            <title>{`${from} to ${to - 1} tokens: ${formatCount(rows)} rows`}</title>
          </rect>
        ))}
        {cutoff < end && <line x1={x(cutoff)} x2={x(cutoff)} y1={0} y2={HEIGHT} className="cutoff-line" />}
      </StretchedSvg>
      <Group justify="space-between" mt={4}>
        <Text size="xs" c="dimmed" className="numbers">
          0
        </Text>
        <Text size="xs" c="dimmed" className="numbers">
          {cutoff < end
            ? `limit ${formatCount(cutoff)} tokens`
            : `longest ${formatCount(lengths.longest)}, limit ${formatCount(cutoff)}: nothing is cut`}
        </Text>
        <Text size="xs" c="dimmed" className="numbers">
          {`${formatCount(end)} tokens`}
        </Text>
      </Group>
      {lengths.padding && (
        <Text size="xs" c="dimmed" className="numbers" mt={4}>
          {paddingText(lengths.padding)}
        </Text>
      )}
    </Box>
  )
}
