import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { floorOf, totalOf } from './floor.ts'
import { keepResult, MACHINE, markdownTable, RESULTS } from './report.ts'
import { type Measurement, measurementSchema, type StepCase, stepCaseSchema, tokensOf } from './step-case.ts'

/** A case with the rounds measured of both engines, on one machine. */
const rowSchema = z.object({
  case: stepCaseSchema,
  machine: z.string(),
  day: z.string(),
  /** Which engine was measured: git's name of main/engine. */
  engine: z.string().default(''),
  ours: z.array(measurementSchema),
  peft: z.array(measurementSchema),
})
export type Row = z.infer<typeof rowSchema>

const file = join(RESULTS, 'steps.json')

export const readRows = (): Row[] =>
  existsSync(file) ? z.array(rowSchema).parse(JSON.parse(readFileSync(file, 'utf8'))) : []

/** The row of a case on this machine. */
export const rowOf = (measured: StepCase): Row | undefined =>
  readRows().find((row) => row.machine === MACHINE && JSON.stringify(row.case) === JSON.stringify(measured))

/** Machines are kept apart: what one measured says nothing about another. */
const keyOf = (row: Row) => `${row.machine} ${JSON.stringify(row.case)}`

/** Puts a row in the place of the one that measured the same on this machine before, and writes both files anew. */
export function storeRow(row: Row): void {
  const rows = [...readRows().filter((other) => keyOf(other) !== keyOf(row)), row].sort((a, b) =>
    keyOf(a).localeCompare(keyOf(b)),
  )
  keepResult('steps', rowsByMachine(rows), rows)
}

/** A table a machine, this one's first. */
function rowsByMachine(rows: readonly Row[]): string {
  const machines = [...new Set([MACHINE, ...rows.map(({ machine }) => machine)])]
  return machines
    .flatMap((machine) => {
      const own = rows.filter((row) => row.machine === machine)
      return own.length === 0 ? [] : [`${machine}; best of the rounds:\n\n${stepTable(own)}`]
    })
    .join('\n\n')
}

export const least = (runs: readonly Measurement[], of: (run: Measurement) => number) => Math.min(...runs.map(of))
export const titleOf = (c: StepCase): string =>
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
    ...(c.bf16 ? ['bf16'] : []),
    ...(c.dtype === 'float32' ? [] : ['base in bfloat16']),
    ...(c.quantization === 'none' ? [] : [`base in ${c.quantization.toUpperCase()}`]),
    ...(c.device === 'gpu' ? ['GPU'] : []),
    ...(c.xla ? ['XLA'] : []),
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
    const tokens = tokensOf(c) / step
    const share = totalOf(floorOf(c)) / step / Math.max(...ours.map((run) => run.gemmGflops))
    const of = (x: number, digits = 2) => (Number.isFinite(x) ? x.toFixed(digits) : '-')
    return [
      titleOf(c),
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
  })
  return markdownTable(COLUMNS, lines)
}
