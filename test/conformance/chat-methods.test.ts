import { join } from 'node:path'
import { expect, it } from 'vitest'
import { portableBackend } from '../../main/engine/backends/portable/backend.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { assemble } from '../../main/engine/data/assemble.ts'
import { openGenerator } from '../../main/engine/generate/generator.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import { openInference } from '../../main/engine/train/inference.ts'
import { reopenTask } from '../../main/engine/train/task.ts'
import { METHOD_KINDS } from '../../shared/domain/method.ts'
import type { RunConfig, RunConfigInput } from '../../shared/domain/run-config.ts'
import { train } from '../training/run-harness.ts'
import { tinyRun } from '../training/test-run.ts'

const tensorflow = await tensorflowBackend()
const IDS = [5, 900, 17, 2048, 33, 6, 6, 1200, 41, 77, 300]
const SETTINGS = { max_steps: 2, save_steps: 2, eval_steps: 0, trajectory_steps: 0, bottleneck_size: 4 }

/** Logits [vocab] behind each token, from one pass over all of them. */
async function wholePass(backend: Backend, config: RunConfig, runFolder: string, checkpoint: string) {
  const { model } = await reopenTask(config, runFolder)
  const shape = { batch: 1, length: 16, labels: 16 }
  const folder = config.model_name_or_path
  const session = await openInference(backend, { config, model, folder, checkpoint, shapes: [shape] })
  const sample = { ids: Int32Array.from([...IDS, 0]), promptLength: 0 }
  const logits = await session.logits(assemble([sample], shape))
  session.executable.dispose()
  const { vocabSize } = model.description
  return IDS.map((_, at) => logits.slice(at * vocabSize, (at + 1) * vocabSize))
}

const difference = (a: Float32Array, b: Float32Array | undefined) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b?.[i] ?? Number.NaN))), 0)

/** Trains a moment, then compares a conversation's logits with those of a whole pass, token by token. */
async function worstDifference(backend: Backend, settings: Partial<RunConfigInput>): Promise<number> {
  const { config, runFolder } = await tinyRun({ ...SETTINGS, ...settings })
  await train(backend, config, runFolder)
  const checkpoint = join(runFolder, 'checkpoint-2')
  const whole = await wholePass(backend, config, runFolder, checkpoint)
  const generator = await openGenerator(backend, { config, checkpoint, slots: 24 })
  let worst = 0
  for (const [at, id] of IDS.entries()) worst = Math.max(worst, difference(await generator.feed([id], at), whole[at]))
  generator.dispose()
  return worst
}

it.each(METHOD_KINDS)('a conversation with a %s run computes what training computes', async (method) => {
  expect(await worstDifference(tensorflow, { method })).toBeLessThan(1e-5)
})

it('so it does where the embedding is adapted', async () => {
  const settings: Partial<RunConfigInput> = {
    method: 'dora',
    target_modules: ['embed_tokens', 'v_proj'],
    learning_rate: 0.05,
  }
  expect(await worstDifference(tensorflow, settings)).toBeLessThan(1e-5)
})

it.each(['int8', 'nf4'] as const)('so it does on %s weights', async (quantization) => {
  expect(await worstDifference(tensorflow, { method: 'dora', quantization })).toBeLessThan(1e-5)
})

// Last: backends in one process share the library's current one.
it.each(['dora', 'series'] as const)('and on the portable backend (%s)', async (method) => {
  expect(await worstDifference(await portableBackend(), { method })).toBeLessThan(1e-5)
})
