import { describe, expect, it } from 'vitest'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { batchKind } from '../../main/engine/data/batch-kind.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import { evalBatches } from '../../main/engine/data/batches.ts'
import { packSamples } from '../../main/engine/data/pack-samples.ts'
import type { Sample } from '../../main/engine/data/samples.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import { seededRandom } from '../../main/engine/random.ts'
import { openSession } from '../../main/engine/train/session.ts'
import { type RunConfigInput, runConfigSchema } from '../../shared/domain/run-config.ts'
import { only, train } from './run-harness.ts'
import { testRun } from './test-run.ts'

const common = { vocab_size: 50, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2 }
const MODELS = {
  llama: { ...common, model_type: 'llama', intermediate_size: 24, num_key_value_heads: 1 },
  mistral: { ...common, model_type: 'mistral', intermediate_size: 24, num_key_value_heads: 2, sliding_window: 3 },
  gpt2: { model_type: 'gpt2', vocab_size: 50, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 64 },
} as const

const samples: Sample[] = [7, 3, 12, 5, 9, 2].map((length, i) => ({
  ids: Int32Array.from({ length }, (_, k) => (i * 17 + k * 7 + 3) % 50),
  promptLength: i % 2,
}))

/** Mean loss of each set of batches on the same random weights. */
async function losses(name: keyof typeof MODELS, packing: boolean, rows: readonly Sample[]) {
  const input: RunConfigInput = { model_name_or_path: 'none', train_file: 'none', method: 'full', packing }
  const config = runConfigSchema.parse({ ...input, target_modules: 'all-linear', trajectory_steps: 0 })
  const model = modelFromConfig(MODELS[name])
  const kind = batchKind(config, model.description)
  const batches = rows.map((row) => [...evalBatches([row], { batchSize: 1, kind }).batches()][0] as Batch)
  const session = await openSession(await tensorflowBackend(), {
    model,
    targets: [],
    method: ADAPTERS.full,
    config,
    trainShapes: [],
    evalShapes: batches.map(({ shape }) => shape),
  })
  const weights = model.description.parameters.map(({ name: one, shape }) => {
    const random = seededRandom(3, one)
    const size = shape.reduce((product, dim) => product * dim, 1)
    return [one, Float32Array.from({ length: size }, () => random() - 0.5)] as const
  })
  await session.load(weights, false)
  const found: number[] = []
  for (const batch of batches) found.push((await session.evaluate([batch])).loss * batch.labelCount)
  session.executable.dispose()
  return found
}

describe.each(Object.keys(MODELS) as (keyof typeof MODELS)[])('packed samples of %s', (name) => {
  it('have the loss that they have alone', async () => {
    const alone = await losses(name, false, samples)
    const packed = packSamples(samples, 16)
    expect(packed.length).toBeLessThan(samples.length)
    const together = await losses(name, true, packed)
    packed.forEach(({ parts }, i) => {
      const sum = (parts ?? []).reduce((total, part) => total + (alone[samples.indexOf(part)] as number), 0)
      expect(Math.abs((together[i] as number) / sum - 1)).toBeLessThan(1e-5)
    })
  })
})

describe('packing', () => {
  it('keeps every sample once, in rows that are not too long', () => {
    const packed = packSamples(samples, 16)
    const parts = packed.flatMap((row) => row.parts ?? [])
    expect(new Set(parts)).toEqual(new Set(samples))
    expect(parts.length).toBe(samples.length)
    for (const row of packed)
      expect((row.parts ?? []).reduce((sum, { ids }) => sum + ids.length - 1, 0)).toBeLessThanOrEqual(16)
  })

  it('trains a run of fewer, fuller rows', async () => {
    const backend = await tensorflowBackend()
    const plan = async (packing: boolean) => {
      const { config, runFolder } = testRun({ packing, max_steps: 2, save_steps: 0, eval_steps: 0 })
      const reports = await train(backend, config, runFolder)
      return only(reports, 'plan')[0]?.plan
    }
    const [loose, dense] = [await plan(false), await plan(true)]
    expect(dense?.stepsPerEpoch).toBeLessThan(loose?.stepsPerEpoch as number)
    expect(dense?.trainRows).toBe(loose?.trainRows)
  })
})
