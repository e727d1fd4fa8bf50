import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../main/host/store/database.ts'
import { createRunStore } from '../../main/host/store/runs.ts'
import type { MetricName } from '../../shared/domain/metric.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'

/** Values by step as SQL over `n.step` and the last step `@last`: shaped like those of a real run, noise included. */
const NOISE = '((n.step * 7919 % 10007) / 10007.0 - 0.5)'
const RUN_VALUES = {
  train_loss: `0.4 + 2.2 * exp(-6.0 * n.step / @last) + 0.5 * ${NOISE}`,
  grad_norm: `0.9 + 2.0 * exp(-8.0 * n.step / @last) + 0.6 * ${NOISE}`,
  learning_rate: '2e-4 * (1.0 - 1.0 * n.step / @last)',
  epoch: '3.0 * n.step / @last',
  tokens: 'n.step * 2048.0',
  tokens_per_second: `9000 + 800 * ${NOISE}`,
  step_seconds: `0.22 + 0.03 * ${NOISE}`,
  memory_bytes: `2.1e9 + 4e7 * ${NOISE}`,
} as const satisfies Partial<Record<MetricName, string>>

const LAYERS = 6
const KINDS = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'mlp.up_proj', 'mlp.down_proj'] as const
const MODULE_VALUES = {
  delta_d: '(0.02 + 0.006 * @layer) * (1 - exp(-3.0 * n.step / @last))',
  delta_m: '(0.03 - 0.004 * @layer) * (1 - exp(-4.0 * n.step / @last))',
  gain_mean: '1 + 0.01 * @layer * n.step / @last',
  gain_std: '0.004 * @layer * n.step / @last',
} as const satisfies Partial<Record<MetricName, string>>

/** Steps from one validation to the next. */
const EVAL_STEPS = 5000

export const BENCH_RUN = 'bench-run'

export type BenchRun = {
  readonly id: string
  readonly steps: number
  /** Steps from one trajectory to the next. */
  readonly trajectorySteps: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** Adds a finished run of `steps` steps, every metric of the run at every step; call it inside a transaction. */
export function addBenchRun(database: Database, { id, steps, trajectorySteps, createdAt }: BenchRun): void {
  const config = runConfigSchema.parse({
    run_name: `${steps.toLocaleString('en-US')} steps`,
    model_name_or_path: '/models/bench',
    train_file: '/data/bench.jsonl',
    max_steps: steps,
  })
  const runs = createRunStore(database)
  runs.insert({ id, config, versions: {}, createdAt, owner: { pid: 1, start: '' } })
  const ended = { startedAt: createdAt, endedAt: createdAt + 220 * steps }
  runs.update(id, { status: 'finished', step: steps, totalSteps: steps, ...ended })
  const addSeries = database.prepare('INSERT INTO series (run_id, name, module) VALUES (?, ?, ?)')
  const fill = (name: string, module: string, value: string, every: number, layer: number) => {
    const series = Number(addSeries.run(id, name, module).lastInsertRowid)
    database
      .prepare(`WITH RECURSIVE n(step) AS (SELECT @every UNION ALL SELECT step + @every FROM n WHERE step < @last)
        INSERT INTO metrics SELECT @series, n.step, ${value}, @createdAt + 220 * n.step FROM n
        WHERE @layer >= 0 ORDER BY n.step`)
      .run({ series, every, last: steps, layer, createdAt })
  }
  for (const [name, value] of Object.entries(RUN_VALUES)) fill(name, '', value, 1, 0)
  fill('eval_loss', '', RUN_VALUES.train_loss, EVAL_STEPS, 0)
  fill('eval_accuracy', '', '0.1 + 0.7 * n.step / @last', EVAL_STEPS, 0)
  for (const [name, value] of Object.entries(MODULE_VALUES)) {
    for (let layer = 0; layer < LAYERS; layer++) {
      for (const kind of KINDS) fill(name, `model.layers.${layer}.${kind}`, value, trajectorySteps, layer)
    }
  }
}

/** Makes a data folder with one run of `steps` steps. */
export function makeBenchStore(dataFolder: string, steps: number): void {
  mkdirSync(join(dataFolder, 'runs'), { recursive: true })
  const database = openDatabase(join(dataFolder, 'studio.sqlite'))
  database.pragma('synchronous = OFF')
  const run = { id: BENCH_RUN, steps, trajectorySteps: 500, createdAt: 1.7e12 }
  database.transaction(() => addBenchRun(database, run))()
  database.close()
}
