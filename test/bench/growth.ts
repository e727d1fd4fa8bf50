import { type Floor, floorOf, totalOf } from './floor.ts'
import { GROUPS, LAYERS, LENGTHS, measureGroup, RANKS, WIDTHS } from './matrix.ts'
import { hasOption, MACHINE, markdownTable, saveResult } from './report.ts'
import { layersOf, type StepCase, stepCase, tokensOf } from './step-case.ts'
import { least, rowOf } from './step-results.ts'

/**
 * `npm run bench -- growth [--rounds N] [--steps N] [--again]`: time and memory of a DoRA step as tokens, layers, rank
 * and width grow, with the exponent from one to the next (1 is linear) beside that of the products a step needs at least.
 * What this engine was measured at already is taken from results/steps.json, unless --again.
 */
type Series = { readonly what: string; readonly cases: readonly StepCase[]; readonly of: (one: StepCase) => number }

const SERIES: readonly Series[] = [
  { what: 'tokens', cases: LENGTHS.map((length) => stepCase({ batch: 1, length })), of: tokensOf },
  { what: 'layers', cases: LAYERS.map((layers) => stepCase({ layers })), of: layersOf },
  { what: 'rank', cases: RANKS.map((r) => stepCase({ r })), of: ({ r }) => r },
  { what: 'width', cases: WIDTHS.map((width) => stepCase({ width })), of: ({ width }) => width },
]
/** Exponents that differ by less are the same: what a second measurement differs by. */
const NOISE = 0.12

type Point = {
  readonly value: number
  readonly stepSeconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
  readonly floor: Floor
}
type Growth = { readonly time: number; readonly floor: number; readonly memory: number }

function pointsOf({ cases, of }: Series): Point[] {
  return cases.flatMap((measured) => {
    const row = rowOf(measured)
    if (!row) return []
    return {
      value: of(measured),
      stepSeconds: least(row.ours, (run) => run.stepSeconds),
      cpuSeconds: least(row.ours, (run) => run.cpuSeconds),
      peakBytes: least(row.ours, (run) => run.peakBytes),
      floor: floorOf(measured),
    }
  })
}

function growth(before: Point, after: Point): Growth {
  const exponent = (of: (point: Point) => number) =>
    Math.log(of(after) / of(before)) / Math.log(after.value / before.value)
  return {
    time: exponent(({ cpuSeconds }) => cpuSeconds),
    floor: exponent(({ floor }) => totalOf(floor)),
    memory: exponent(({ peakBytes }) => peakBytes),
  }
}

/** Why time grows faster than what grows, if it does. */
function note({ time, floor }: Growth, { floor: parts }: Point): string {
  if (time <= 1 + NOISE) return ''
  const attention = `${((100 * parts.attention) / totalOf(parts)).toFixed(0)} % of the products are attention's here`
  if (time > floor + NOISE) return `faster than its products: find out why (${attention})`
  return floor > 1.5 ? 'as its products: weights are of width x width' : `as its products: ${attention}`
}

const exponent = (value: number | undefined) => value?.toFixed(2) ?? '-'
function rowsOf({ what }: Series, points: readonly Point[]): string[][] {
  return points.map((point, i) => {
    const before = points[i - 1]
    const grown = before && growth(before, point)
    return [
      `${what} ${point.value}`,
      point.stepSeconds.toFixed(2),
      point.cpuSeconds.toFixed(2),
      exponent(grown?.time),
      exponent(grown?.floor),
      (point.peakBytes / 2 ** 30).toFixed(2),
      exponent(grown?.memory),
      grown ? note(grown, point) : '',
    ]
  })
}

measureGroup(GROUPS.growth, { missing: !hasOption('again') })
const measured = SERIES.map((series) => ({ series, points: pointsOf(series) }))
const table = markdownTable(
  ['', 'step (s)', 'processor time (s)', 'exponent', 'of the products', 'peak (GiB)', 'exponent', 'note'],
  measured.flatMap(({ series, points }) => rowsOf(series, points)),
)
saveResult(
  'growth',
  `${table}\n\nDoRA at the 135M shape, tokens in one row, the rest at 4 x 256; exponents of processor time and peak memory from the line above. ${MACHINE}.`,
  { machine: MACHINE, series: measured.map(({ series: { what }, points }) => ({ what, points })) },
)
