import { parseArgs } from 'node:util'
import { measureSteps } from './measure-steps.ts'
import { MACHINE } from './report.ts'
import { type StepCase, stepCaseSchema } from './step-case.ts'
import { readRows, stepTable } from './step-results.ts'

/**
 * `npm run bench -- [--shape 135m,demo,minilm] [--method dora,lora,full,vera,dvora] [--length 128,256,…] [--batch 4]
 * [--accumulation 1,8] [--r 16] [--layers 30] [--width 1] [--checkpointing false,true] [--detached true,false]
 * [--bf16 false,true] [--dtype float32,bfloat16] [--quantization none,int8,nf4] [--device cpu|gpu] [--xla false,true]
 * [--rounds 3] [--steps 4] [--missing] [--no-peft]`
 *
 * Steps of this engine and of PEFT by turns, so that a busy machine slows both; of all rounds the best counts. Every
 * combination of the values given is one row of results/steps.json and steps.md, replaced when it is measured again, left
 * alone with --missing if this engine was measured on this machine. Without arguments: DoRA and LoRA at the 135M shape,
 * 4 x 256 (about 5 minutes). `npm run bench -- all` measures every table.
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
  },
})
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

measureSteps(casesAsked(), {
  rounds: Number(flags.rounds),
  steps: Number(flags.steps),
  missing: flags.missing,
  peft: !flags['no-peft'],
})
console.log(
  `\n${stepTable(readRows().filter(({ machine }) => machine === MACHINE))}\n\n${MACHINE}; best of the rounds.`,
)
