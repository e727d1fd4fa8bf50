import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type Measurement, measurementSchema, type StepCase, stepCaseSchema } from './step-case.ts'

/** A case with the rounds measured of both engines, on one machine. */
const rowSchema = z.object({
  case: stepCaseSchema,
  machine: z.string(),
  day: z.string(),
  ours: z.array(measurementSchema),
  peft: z.array(measurementSchema),
})
export type Row = z.infer<typeof rowSchema>

const folder = join(import.meta.dirname, 'results')
const file = join(folder, 'steps.json')

export const readRows = (): Row[] =>
  existsSync(file) ? z.array(rowSchema).parse(JSON.parse(readFileSync(file, 'utf8'))) : []

const keyOf = (row: { case: StepCase }) => JSON.stringify(row.case)

/** Puts a row in the place of the one that measured the same before, and writes both files anew. */
export function storeRow(row: Row): Row[] {
  const rows = [...readRows().filter((other) => keyOf(other) !== keyOf(row)), row].sort((a, b) =>
    keyOf(a).localeCompare(keyOf(b)),
  )
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, `${JSON.stringify(rows, null, 1)}\n`)
  writeFileSync(join(folder, 'steps.md'), `${stepTable(rows)}\n`)
  return rows
}

const least = (runs: readonly Measurement[], of: (run: Measurement) => number) => Math.min(...runs.map(of))
const title = (c: StepCase) =>
  [
    c.shape,
    c.method,
    `${c.batch} x ${c.length}`,
    ...(c.accumulation > 1 ? [`x ${c.accumulation} micro-batches`] : []),
    ...(c.r !== 16 ? [`r ${c.r}`] : []),
    ...(c.layers > 0 ? [`${c.layers} layers`] : []),
    ...(c.width !== 1 ? [`width x ${c.width}`] : []),
    ...(c.checkpointing ? ['checkpointing'] : []),
    ...(c.detached ? [] : ['full norm']),
    ...(c.device === 'gpu' ? ['GPU'] : []),
  ].join(', ')

const COLUMNS = [
  'case',
  'step (s)',
  'PEFT (s)',
  'speed',
  'processor time (s)',
  'PEFT (s)',
  'tokens/s',
  'of GEMM peak',
  'first step (s)',
  'build (s)',
  'nodes',
  'peak (GiB)',
  'PEFT (GiB)',
  'memory',
]

/** One line a case: the best of its rounds. */
export function stepTable(rows: readonly Row[]): string {
  const lines = rows.map(({ case: c, ours, peft }) => {
    const step = least(ours, (run) => run.stepSeconds)
    const theirs = least(peft, (run) => run.stepSeconds)
    const [peak, theirPeak] = [ours, peft].map((runs) => least(runs, (run) => run.peakBytes) / 2 ** 30) as [
      number,
      number,
    ]
    const tokens = (c.batch * c.length * c.accumulation) / step
    const [{ floorGflop } = { floorGflop: 0 }] = ours
    const share = floorGflop / step / Math.max(...ours.map((run) => run.gemmGflops))
    const of = (x: number, digits = 2) => (Number.isFinite(x) ? x.toFixed(digits) : '-')
    const cells = [
      title(c),
      of(step),
      of(theirs),
      peft.length > 0 ? `${of(theirs / step)} x` : '-',
      of(least(ours, (run) => run.cpuSeconds)),
      of(least(peft, (run) => run.cpuSeconds)),
      of(tokens, 0),
      `${of(100 * share, 0)} %`,
      of(
        least(ours, (run) => run.firstStepSeconds),
        1,
      ),
      of(
        least(ours, (run) => run.buildSeconds),
        1,
      ),
      String(ours[0]?.nodes ?? 0),
      of(peak),
      of(theirPeak),
      peft.length > 0 ? `${of(peak / theirPeak)} x` : '-',
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [`| ${COLUMNS.join(' | ')} |`, `|${COLUMNS.map(() => '---').join('|')}|`, ...lines].join('\n')
}
