import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { type RunConfig, runConfigSchema } from '../../shared/domain/run-config.ts'
import { DEMO } from '../training/tiny-model.ts'
import type { Part, Spent } from './clock.ts'
import { writeModel, writeRows } from './model-folder.ts'
import { MACHINE, markdownTable, numberOption, saveResult } from './report.ts'
import { stepCase } from './step-case.ts'

/**
 * `npm run bench -- stalls [--steps 40] [--large-steps 12]`: real runs of the product's loop, the demo and the 135M shape at
 * 4 x 256: the share of time that passes outside the session (data, metrics, messages, checkpoints), and what trajectories
 * cost, each once in as many steps as it comes by default. What starts and ends a run is left out. Limit of each: 2 %.
 */
const LIMIT = 0.02
/** So that a short run writes several; their shares are those at the default interval. */
const SHORT_INTERVAL = 10
const DEFAULTS = runConfigSchema.parse({ model_name_or_path: 'none', train_file: 'none' })

type Measured = Readonly<Record<Part, Spent>>

function runOf(config: RunConfig, folder: string): Promise<Measured> {
  const child = fork(join(import.meta.dirname, 'stalls-run.ts'), [JSON.stringify(config), join(folder, 'run')])
  return new Promise((done, fail) => {
    child.on('message', (message: { type: string; spent?: Measured }) => {
      if (message.type === 'spent') done(message.spent as Measured)
    })
    child.on('exit', (code) => fail(new Error(`the run ended with code ${code}`)))
  })
}

const short = (steps: number) => ({
  max_steps: steps,
  save_steps: SHORT_INTERVAL,
  trajectory_steps: SHORT_INTERVAL,
  eval_steps: 0,
  validation_file: null,
  test_file: null,
})

function demoRun(steps: number): RunConfig {
  const recipe = parse(readFileSync(join(DEMO, 'kinds-dora.yaml'), 'utf8')) as Record<string, unknown>
  const inDemo = (name: string) => resolve(DEMO, String(recipe[name]))
  return runConfigSchema.parse({
    ...recipe,
    model_name_or_path: inDemo('model_name_or_path'),
    train_file: inDemo('train_file'),
    ...short(steps),
  })
}

async function largeRun(folder: string, steps: number): Promise<RunConfig> {
  const measured = stepCase()
  return runConfigSchema.parse({
    model_name_or_path: await writeModel(join(folder, 'model'), measured),
    train_file: writeRows(join(folder, 'rows.jsonl'), measured, 4 * steps, 256),
    prompt_template: 'text',
    max_seq_length: 256,
    per_device_train_batch_size: 4,
    target_modules: ['q_proj', 'k_proj', 'v_proj', 'up_proj', 'down_proj'],
    ...short(steps),
  })
}

/** Seconds a step, and what comes every so often spread over the steps from one to the next. */
function shares(spent: Measured, of: 'wall' | 'cpu') {
  const steps = spent.step.calls
  const each = (part: Part) => spent[part][of] / Math.max(1, spent[part].calls)
  const step = spent.step[of] / steps
  const messages = spent.messages[of] / steps
  const other = spent.other[of] / steps
  const checkpoint = each('checkpoint') / DEFAULTS.save_steps
  const trajectory = each('trajectory') / DEFAULTS.trajectory_steps
  const whole = step + messages + other + checkpoint + trajectory
  const share = (seconds: number) => seconds / whole
  return {
    step,
    outside: share(messages + other + checkpoint),
    other: share(other),
    messages: share(messages),
    checkpoint: share(checkpoint),
    trajectory: share(trajectory),
  }
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`
const folder = mkdtempSync(join(tmpdir(), 'dora-stalls-'))
try {
  const runs = [
    ['demo', demoRun(numberOption('steps', 40))],
    ['135M shape', await largeRun(folder, numberOption('large-steps', 12))],
  ] as const
  const figures: { run: string; spent: Measured; wall: object; cpu: object; met: boolean }[] = []
  const rows: string[][] = []
  for (const [name, config] of runs) {
    const spent = await runOf(config, join(folder, name))
    const [wall, cpu] = [shares(spent, 'wall'), shares(spent, 'cpu')]
    figures.push({ run: name, spent, wall, cpu, met: wall.outside < LIMIT && wall.trajectory < LIMIT })
    for (const [how, by] of [['time', wall] as const, ['processor time', cpu] as const]) {
      const parts = [by.outside, by.other, by.messages, by.checkpoint, by.trajectory].map(percent)
      rows.push([`${name}, ${how}`, by.step.toFixed(3), ...parts])
    }
  }
  const table = markdownTable(
    ['run', 'step (s)', 'outside the session', 'data, metrics, loop', 'messages', 'checkpoints', 'trajectories'],
    rows,
  )
  saveResult(
    'stalls',
    `${table}\n\nShares of the whole, checkpoints every ${DEFAULTS.save_steps} steps, trajectories every ${DEFAULTS.trajectory_steps}; limit ${percent(LIMIT)} each for what is outside and for trajectories. ${MACHINE}.`,
    { machine: MACHINE, limit: LIMIT, figures },
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
