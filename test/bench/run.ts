import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  type Measurement,
  measurementSchema,
  modelConfigOf,
  SHAPES,
  type StepCase,
  stepCaseSchema,
} from './step-case.ts'
import { type Row, readRows, stepTable, storeRow } from './step-results.ts'

/**
 * `npm run bench -- [--shape 135m,demo,minilm] [--method dora,lora,full,vera,dvora] [--length 128,256,…] [--batch 4]
 * [--accumulation 1,8] [--r 16] [--layers 30] [--width 1] [--checkpointing false,true] [--detached true,false]
 * [--device cpu|gpu] [--xla] [--rounds 3] [--steps 4] [--missing] [--no-peft]`
 *
 * Steps of this engine and of PEFT by turns, so that a busy machine slows both; of all rounds the best counts. Every
 * combination of the values given is one row of results/steps.json and steps.md, replaced when it is measured again, left
 * alone with --missing if it is there. Without arguments: DoRA and LoRA at the 135M shape, 4 x 256 (about 5 minutes).
 * PEFT is left out where DORA_REFERENCE_PYTHON names no Python with torch and peft (test/reference/install.sh makes one).
 */
const option = { type: 'string' } as const
const { values: flags } = parseArgs({
  options: {
    ...Object.fromEntries(Object.keys(stepCaseSchema.shape).map((name) => [name, option])),
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '4' },
    missing: { type: 'boolean', default: false },
    'no-peft': { type: 'boolean', default: false },
    xla: { type: 'boolean', default: false },
  },
})
const python = flags['no-peft'] ? undefined : process.env.DORA_REFERENCE_PYTHON
const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores`
const asked = { method: 'dora,lora', ...flags } as Readonly<Record<string, string | boolean>>

/** Every combination of the comma-separated values given. */
function casesAsked(): StepCase[] {
  const names = Object.keys(stepCaseSchema.shape).filter((name) => typeof asked[name] === 'string')
  let combinations: Record<string, string>[] = [{}]
  for (const name of names) {
    const values = String(asked[name]).split(',')
    combinations = combinations.flatMap((known) => values.map((value) => ({ ...known, [name]: value })))
  }
  return combinations.map((combination) => stepCaseSchema.parse(combination))
}

function measure(command: string, args: readonly string[], device: StepCase['device']): Measurement {
  const env = {
    ...process.env,
    ...(device === 'cpu' && { CUDA_VISIBLE_DEVICES: '-1' }),
    ...(flags.xla && { TF_XLA_FLAGS: '--tf_xla_auto_jit=2' }),
  }
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8', env })
  const line = stdout.trim().split('\n').at(-1) ?? ''
  if (status !== 0 || !line.startsWith('{')) throw new Error(`${command} ${args[0]} failed:\n${stderr.slice(-2000)}`)
  return measurementSchema.parse(JSON.parse(line))
}

const ours = (measured: StepCase) =>
  measure(
    process.execPath,
    [join(import.meta.dirname, 'step.ts'), JSON.stringify(measured), String(flags.steps)],
    measured.device,
  )

function peft(measured: StepCase): Measurement {
  const { targets, task } = SHAPES[measured.shape]
  const given = { ...measured, targets, task, config: modelConfigOf(measured) }
  return measure(
    python as string,
    [join(import.meta.dirname, 'peft_step.py'), JSON.stringify(given), String(flags.steps)],
    measured.device,
  )
}

/** PEFT has no DVoRA, and no switch for the norm's gradient. */
const peftHas = ({ method, detached }: StepCase) =>
  ['full', 'lora', 'dora', 'vera'].includes(method) && (method !== 'dora' || detached)

const known = new Set(readRows().map((row) => JSON.stringify(row.case)))
for (const measured of casesAsked()) {
  if (flags.missing && known.has(JSON.stringify(measured))) continue
  const row: Row = { case: measured, machine, day: new Date().toISOString().slice(0, 10), ours: [], peft: [] }
  for (let round = 1; round <= Number(flags.rounds); round++) {
    row.ours.push(ours(measured))
    if (python && peftHas(measured)) row.peft.push(peft(measured))
  }
  storeRow(row)
  console.log(stepTable([row]).split('\n').at(-1))
}
console.log(`\n${stepTable(readRows())}\n\nfloat32 on ${machine}; best of the rounds.`)
