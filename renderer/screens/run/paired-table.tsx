import { Box, Table, Text } from '@mantine/core'
import { formatPercent } from '../../../shared/domain/amounts.ts'
import {
  type Difference,
  examplesText,
  headNote,
  isSignificant,
  type Paired,
  pText,
} from '../../../shared/domain/paired.ts'
import { formatCount, formatLoss } from '../../format/numbers.ts'

const signed = (text: string, value: number): string => (value > 0 ? `+${text}` : text)

type RowProps = {
  readonly label: string
  readonly of: Difference
  readonly text: (value: number) => string
  readonly better: 'low' | 'high'
  /** Name of the second of the two. */
  readonly second: string
}

/** What the difference says, which is little where its interval holds zero. */
function verdict({ of, better, second }: Pick<RowProps, 'of' | 'better' | 'second'>): {
  readonly text: string
  readonly colour?: string
} {
  if (!isSignificant(of)) return { text: `${pText(of.p)}: it may be chance` }
  const good = of.difference > 0 === (better === 'high')
  const colour = good ? 'var(--studio-good)' : 'var(--studio-danger)'
  return { text: `${pText(of.p)}: ${second} is ${good ? 'better' : 'worse'}`, colour }
}

function Row({ label, of, text, better, second }: RowProps) {
  const { text: words, colour } = verdict({ of, better, second })
  return (
    <Table.Tr>
      <Table.Th fw={400} scope="row">
        {label}
      </Table.Th>
      <Table.Td ta="right">{text(of.a)}</Table.Td>
      <Table.Td ta="right">{text(of.b)}</Table.Td>
      <Table.Td ta="right">
        {signed(text(of.difference), of.difference)}
        <Text span size="sm" c="dimmed">{`  (${text(of.low)} to ${text(of.high)})`}</Text>
      </Table.Td>
      <Table.Td c={colour}>{words}</Table.Td>
    </Table.Tr>
  )
}

const SIDES = ['first', 'second'] as const
const LONGEST_NAME = 40
/** Two long names and what is said of them have to stand beside each other. */
const shortName = (name: string): string => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name)

/** Which checkpoints they are; a base is none. */
const stepsText = ({ names, steps }: Paired): string =>
  steps.flatMap((step, i) => (step === null ? [] : [`${names[i]} at step ${formatCount(step)}.`])).join(' ')

const TESTS = { t: 'paired t test', mcnemar: 'McNemar’s exact test' } as const satisfies Record<
  Difference['test'],
  string
>
const PARTNERS_TEXT =
  'Each first text looks for its partner among the second texts of all of them; the reciprocal rank is 1 / its place.'

/** What is compared how: shares that are neither right nor wrong take another test than answers that are. */
const testsText = ({ loss, accuracy, reciprocalRank }: Paired): string =>
  [
    ...(reciprocalRank ? [PARTNERS_TEXT] : []),
    ...(loss ? [`Loss: ${TESTS[loss.test]}.`] : []),
    ...(accuracy ? [`${reciprocalRank ? 'Found first' : 'Accuracy'}: ${TESTS[accuracy.test]}.`] : []),
    ...(reciprocalRank ? [`Reciprocal rank: ${TESTS[reciprocalRank.test]}.`] : []),
  ].join(' ')

/** Two models on the same examples: their means, the difference with its interval of 95 %, and whether it may be chance. */
export function PairedTable({ paired }: { readonly paired: Paired }) {
  const { names, loss, accuracy, reciprocalRank, lossNote, file } = paired
  const second = shortName(names[1])
  return (
    <Box>
      <Table verticalSpacing={6} horizontalSpacing={8} className="numbers" data-paired={paired.split}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th />
            {names.map((name, i) => (
              <Table.Th key={SIDES[i]} ta="right" title={name} style={{ overflowWrap: 'anywhere' }}>
                {shortName(name)}
              </Table.Th>
            ))}
            <Table.Th ta="right">Difference (95 %)</Table.Th>
            <Table.Th>Chance</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {loss && <Row label="Loss of an example" of={loss} text={formatLoss} better="low" second={second} />}
          {accuracy && (
            <Row
              label={reciprocalRank ? 'Partner found first' : 'Accuracy'}
              of={accuracy}
              text={formatPercent}
              better="high"
              second={second}
            />
          )}
          {reciprocalRank && (
            <Row label="Reciprocal rank" of={reciprocalRank} text={formatLoss} better="high" second={second} />
          )}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt={8} style={{ overflowWrap: 'anywhere' }}>
        {`${examplesText(paired)} of ${file}, the same for both. ${stepsText(paired)} ${testsText(paired)}`}
        {` ${headNote(paired) ?? ''} ${lossNote ?? ''}`}
      </Text>
    </Box>
  )
}
