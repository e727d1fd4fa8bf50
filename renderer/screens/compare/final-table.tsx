import { Table } from '@mantine/core'
import { formatPercent } from '../../../shared/domain/amounts.ts'
import { pointsOf, seriesOf } from '../../charts/chart.ts'
import type { ComparedRun } from '../../charts/compare-chart.ts'
import { decompositionPoints } from '../../charts/decomposition-points.ts'
import { fitLine } from '../../charts/statistics.ts'
import { formatCompact, formatCount, formatDuration, formatLoss, formatNumber } from '../../format/numbers.ts'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { durationOf, methodLabel } from '../runs/run-figures.ts'
import type { ReadFeed } from './compared-runs.ts'
import { RunName } from './run-name.tsx'

const DASH = '–'
const EVERYTHING = { from: 0, to: Number.MAX_SAFE_INTEGER }

type Figure = {
  readonly label: string
  readonly title?: string
  readonly of: (feed: ReadFeed) => number | null
  readonly format: (value: number) => string
  /** Which end is the better one, where there is one. */
  readonly best?: 'low' | 'high'
}

const fitOf = ({ coarse }: ReadFeed) =>
  fitLine(decompositionPoints(seriesOf(coarse, 'delta_d'), seriesOf(coarse, 'delta_m'), 'latest', EVERYTHING))

/** Steps a second settle in the middle of a run: the median leaves out the slow first steps. */
function medianOf({ coarse }: ReadFeed): number | null {
  const values = pointsOf(coarse, 'tokens_per_second')
    .map(({ value }) => value)
    .sort((a, b) => a - b)
  return values[Math.floor(values.length / 2)] ?? null
}

const FIGURES: readonly Figure[] = [
  { label: 'Steps', of: ({ run }) => run.step, format: formatCount },
  { label: 'Train loss', of: ({ run }) => run.trainLoss, format: formatLoss },
  { label: 'Val. loss', of: ({ run }) => run.evalLoss, format: formatLoss, best: 'low' },
  { label: 'Val. acc.', of: ({ run }) => run.evalAccuracy, format: formatPercent, best: 'high' },
  { label: 'Test acc.', of: ({ run }) => run.testAccuracy, format: formatPercent, best: 'high' },
  { label: 'Duration', of: ({ run }) => durationOf(run, Date.now()), format: formatDuration },
  { label: 'Tokens/s', of: medianOf, format: formatCount },
  {
    label: 'Trained',
    title: 'Trainable parameters',
    of: ({ run }) => run.plan?.trainableParameters ?? null,
    format: formatCompact,
  },
  {
    label: 'r',
    title: 'Correlation of ΔM with ΔD over the modules',
    of: (feed) => fitOf(feed)?.correlation ?? null,
    format: (value) => value.toFixed(2),
  },
  {
    label: 'Slope',
    title: 'Of ΔM over ΔD',
    of: (feed) => fitOf(feed)?.slope ?? null,
    format: (value) => formatNumber(value),
  },
]

/** Indices of the best value; none where all are the same or only one run has it. */
export function bestOf(values: readonly (number | null)[], best: Figure['best']): ReadonlySet<number> {
  const known = values.filter((value) => value !== null)
  if (best === undefined || new Set(known).size < 2) return new Set()
  const target = best === 'low' ? Math.min(...known) : Math.max(...known)
  return new Set(values.flatMap((value, i) => (value === target ? [i] : [])))
}

type Props = { readonly feeds: readonly ReadFeed[]; readonly runs: readonly ComparedRun[] }

/** Where each run ended; the best figures stand out. */
export function FinalTable({ feeds, runs }: Props) {
  const columns = FIGURES.map((figure) => {
    const values = feeds.map(figure.of)
    return { ...figure, values, winners: bestOf(values, figure.best) }
  })
  return (
    <Table.ScrollContainer minWidth={820} type="native">
      <Table verticalSpacing={8} horizontalSpacing={7} className="numbers runs-table">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Run</Table.Th>
            <Table.Th>Status</Table.Th>
            {columns.map(({ label, title }) => (
              <Table.Th key={label} title={title} ta="right" style={{ whiteSpace: 'nowrap' }}>
                {label}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((compared, i) => {
            const run = feeds[i]?.run
            return (
              run && (
                <Table.Tr key={compared.id}>
                  <Table.Th scope="row" className="name-cell">
                    <RunName run={compared} note={methodLabel(run.method)} />
                  </Table.Th>
                  <Table.Td>
                    <StatusBadge status={run.status} />
                  </Table.Td>
                  {columns.map(({ label, values, format, winners }) => {
                    const value = values[i] ?? null
                    return (
                      <Table.Td key={label} ta="right" fw={winners.has(i) ? 700 : 400} style={{ whiteSpace: 'nowrap' }}>
                        {winners.has(i) && <span className="best-mark" title="best of these runs" />}
                        {value === null ? DASH : format(value)}
                      </Table.Td>
                    )
                  })}
                </Table.Tr>
              )
            )
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
