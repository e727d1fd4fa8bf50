import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { openModelFolder, readConfig } from '../../main/engine/formats/model-folder.ts'
import { openGenerator } from '../../main/engine/generate/generator.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import { baseWeights } from '../../main/engine/train/base-weights.ts'
import { initialValues } from '../../main/engine/train/initial-values.ts'
import { openSession, type Session } from '../../main/engine/train/session.ts'
import { type GoldenCase, goldenCase } from './golden-case.ts'

const GOLDEN = join(import.meta.dirname, 'golden')
const CASES = readdirSync(GOLDEN, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => goldenCase(name))
  .filter(({ config }) => config.task_type === 'CAUSAL_LM')

const backend = await tensorflowBackend()

async function baseSession({ config, batch }: GoldenCase): Promise<Session> {
  const folder = config.model_name_or_path
  const model = modelFromConfig(readConfig(folder))
  const plain = { ...config, method: 'full' as const, trajectory_steps: 0 }
  const request = { model, targets: [], method: ADAPTERS.full, config: plain, trainShapes: [], evalShapes: [] }
  const session = await openSession(backend, { ...request, logitShapes: [batch.shape] })
  const weights = baseWeights(openModelFolder(folder), model.description, 0)
  await session.load(initialValues(weights, session.layout, 0), false)
  weights.close()
  return session
}

/** Largest difference of cached logits from those of one pass over the whole first row, fed singly and in chunks. */
async function worstDifference(golden: GoldenCase, session: Session, checkpoint: string | null): Promise<number> {
  const { batch, config } = golden
  const { length } = batch.shape
  const whole = await session.logits({ ...batch, attentionMask: batch.attentionMask.map(() => 1) })
  session.executable.dispose()
  // PEFT's file holds a prefix without the network it came through.
  const asSaved = { ...config, prefix_projection: false }
  const generator = await openGenerator(backend, { config: asSaved, checkpoint, slots: length + 3 })
  expect(generator.slots).toBe(length + 3)
  const ids = [...batch.inputIds.subarray(0, length)]
  const vocab = whole.length / batch.inputIds.length
  const difference = (logits: Float32Array, at: number) =>
    logits.reduce((most, one, i) => Math.max(most, Math.abs(one - (whole[at * vocab + i] as number))), 0)
  let worst = 0
  for (const [at, id] of ids.entries()) worst = Math.max(worst, difference(await generator.feed([id], at), at))
  // Once more over the stale cache, in chunks.
  worst = Math.max(worst, difference(await generator.feed(ids, 0), length - 1))
  generator.dispose()
  return worst
}

describe('generation with a cache', () => {
  it.each(CASES)('$name: the base gives the logits of a whole pass at every position', async (golden) => {
    expect(await worstDifference(golden, await baseSession(golden), null)).toBeLessThan(1e-5)
  })

  const adapted = CASES.filter(({ config }) => config.method !== 'full')
  it.each(adapted)('$name: base and adapter give the logits of a whole pass at every position', async (golden) => {
    const adapter = join(dirname(golden.config.model_name_or_path), 'adapter')
    expect(await worstDifference(golden, await golden.open(backend), adapter)).toBeLessThan(1e-5)
  })
})
