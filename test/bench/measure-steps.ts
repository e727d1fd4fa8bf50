import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { deviceEnvironment } from '../../main/native/device.ts'
import { LEAN_HEAP } from '../../main/native/lean-heap.ts'
import { MACHINE, today } from './report.ts'
import { type Measurement, measurementSchema, modelConfigOf, SHAPES, type StepCase } from './step-case.ts'
import { type Row, rowOf, stepTable, storeRow, titleOf } from './step-results.ts'

export type HowMeasured = {
  readonly rounds: number
  /** Steps of a round; the first is warm-up and counts for `first step` alone. */
  readonly steps: number
  /** Leaves alone what was measured with this engine on this machine already. */
  readonly missing: boolean
  readonly peft: boolean
}

/** Absent: PEFT is not measured. test/reference/install.sh makes a Python with torch and peft. */
const python = process.env.DORA_REFERENCE_PYTHON

/** Git's name of the engine as it is committed; `+` where it was changed since. */
function engineVersion(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '../../main/engine') !== ''
  return `${git('rev-parse', '--short', 'HEAD:main/engine')}${changed ? '+' : ''}`
}

function measure(command: string, args: readonly string[], measured: StepCase): Measurement {
  const env = { ...process.env, ...deviceEnvironment(measured) }
  const { stdout, stderr, status, signal } = spawnSync(command, args, { encoding: 'utf8', env })
  const line = stdout.trim().split('\n').at(-1) ?? ''
  const script = args.find((arg) => !arg.startsWith('-'))
  if (!line.startsWith('{')) throw new Error(`${command} ${script} failed:\n${stderr.slice(-2000)}`)
  // The line comes when all is measured; TensorFlow's threads may still trip while the process is torn down.
  if (status !== 0) console.error(`${script} ended by ${signal ?? `exit code ${status}`} after its measurement`)
  return measurementSchema.parse(JSON.parse(line))
}

const ours = (measured: StepCase, { steps }: HowMeasured) =>
  measure(
    process.execPath,
    [...LEAN_HEAP, join(import.meta.dirname, 'step.ts'), JSON.stringify(measured), String(steps)],
    measured,
  )

function peft(measured: StepCase, { steps }: HowMeasured): Measurement {
  const { targets, task } = SHAPES[measured.shape]
  const given = JSON.stringify({ ...measured, targets, task, config: modelConfigOf(measured) })
  return measure(python as string, [join(import.meta.dirname, 'peft_step.py'), given, String(steps)], measured)
}

/** PEFT has no DVoRA, no switch for the norm's gradient, codes only with bitsandbytes, which wants a GPU, and no XLA. */
const peftHas = ({ method, detached, quantization, xla }: StepCase) =>
  ['full', 'lora', 'dora', 'vera'].includes(method) &&
  (method !== 'dora' || detached) &&
  quantization === 'none' &&
  !xla

/** Steps of this engine and of PEFT by turns, so that a busy machine slows both; a row of the results each case. */
export function measureSteps(cases: readonly StepCase[], how: HowMeasured): void {
  const engine = engineVersion()
  for (const measured of cases) {
    if (how.missing && !engine.endsWith('+') && rowOf(measured)?.engine === engine) continue
    const row: Row = { case: measured, machine: MACHINE, day: today(), engine, ours: [], peft: [] }
    try {
      for (let round = 1; round <= how.rounds; round++) {
        row.ours.push(ours(measured, how))
        if (python && how.peft && peftHas(measured)) row.peft.push(peft(measured, how))
      }
    } catch (error) {
      // One case that does not fit this machine must not cost the others.
      console.error(`${titleOf(measured)}: ${error instanceof Error ? error.message : error}`)
      process.exitCode = 1
      continue
    }
    storeRow(row)
    console.log(stepTable([row]).split('\n').at(-1))
  }
}
