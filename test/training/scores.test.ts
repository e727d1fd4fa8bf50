import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { inspectScores } from '../../main/engine/inspect/scores/scores.ts'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { rejectionOf } from '../unit/engine/thrown-by.ts'
import { only, train } from './run-harness.ts'
import { testRun } from './test-run.ts'

const backend = await tensorflowBackend()

const mean = (values: readonly number[], weights: readonly number[]) =>
  values.reduce((total, value, i) => total + value * (weights[i] as number), 0) / weights.reduce((a, b) => a + b, 0)

/** Trains, and gives what the run itself measured last beside what its examples are given one by one. */
async function judged(extra: Partial<RunConfigInput>, base = false) {
  const { config, runFolder } = testRun({ max_steps: 4, save_steps: 0, ...extra })
  const reports = await train(backend, config, runFolder)
  const rows = only(reports, 'metrics').flatMap((report) => report.rows)
  const last = (name: string) => rows.findLast((row) => row.name === name)?.value as number
  const checkpoint = only(reports, 'checkpoint').at(-1)?.folder as string
  const file = config.validation_file as string
  const question = { config, checkpoint: base ? null : checkpoint, runFolder, file, examples: 2000 }
  return { last, scores: await inspectScores(backend, question), question }
}

describe('what a model makes of each example', () => {
  it.each([
    { method: 'dora', per_device_eval_batch_size: 4 },
    { method: 'lora', lora_dropout: 0.3, packing: true, train_on_inputs: true },
    { method: 'prefix', num_virtual_tokens: 4 },
  ] as const)('adds up to what the run measured in batches: %o', async (extra) => {
    const { last, scores } = await judged(extra)
    expect(scores).toMatchObject({ rows: 8 })
    expect(scores.loss).toHaveLength(8)
    expect(mean(scores.loss, scores.labels)).toBeCloseTo(last('eval_loss'), 4)
    expect(mean(scores.accuracy as number[], new Array(8).fill(1))).toBeCloseTo(last('eval_accuracy'), 10)
  })

  it('is another of the base, which knows nothing of the task', async () => {
    const { last, scores } = await judged({ method: 'dora', max_steps: 8, learning_rate: 5e-3 }, true)
    expect(mean(scores.loss, scores.labels)).toBeGreaterThan(last('eval_loss') + 0.3)
  })

  it('is asked of as many as are wanted, told of on the way', async () => {
    const { scores, question } = await judged({ method: 'lora' })
    const told: string[] = []
    const onAsked = (done: number, total: number) => void told.push(`${done}/${total}`)
    const some = await inspectScores(backend, { ...question, examples: 5 }, onAsked)
    expect(told).toEqual(['0/5', '1/5', '2/5', '3/5', '4/5', '5/5'])
    expect(some).toMatchObject({ rows: 8, labels: expect.toSatisfy((labels: number[]) => labels.length === 5) })
    // Those that were drawn have the figures that they have among all.
    for (const loss of some.loss) expect(scores.loss.some((one) => Math.abs(one - loss) < 1e-6)).toBe(true)
  })

  it('is refused of a file that is too short to tell anything', async () => {
    const { config, runFolder } = testRun()
    const file = join(runFolder, '../short.jsonl')
    writeFileSync(
      file,
      readFileSync(config.validation_file as string, 'utf8')
        .split('\n')
        .slice(0, 4)
        .join('\n'),
    )
    const question = { config, checkpoint: null, runFolder, file, examples: 2000 }
    expect((await rejectionOf(inspectScores(backend, question))).message).toContain('has 4 examples')
  })
})
