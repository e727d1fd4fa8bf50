import { describe, expect, it } from 'vitest'
import { droppingFrom } from '../../main/engine/adapters/dropout.ts'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { type ReferenceExecutable, referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import type { Node, Variable } from '../../main/engine/ir/graph.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import type { Model } from '../../main/engine/models/model.ts'
import { fill, placeholder, randomUniform } from '../../main/engine/ops/index.ts'
import { openSession, type Session } from '../../main/engine/train/session.ts'
import { targetLinears } from '../../main/engine/train/targets.ts'
import { METHOD_KINDS, METHODS } from '../../shared/domain/method.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { backends } from './backends.ts'
import { pureProgram, samples } from './programs.ts'
import { toyBatch, toyConfig, toySession } from './toy.ts'

const RATE = 0.25
const TINY_BERT = {
  model_type: 'bert',
  vocab_size: 9,
  hidden_size: 4,
  intermediate_size: 6,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  max_position_embeddings: 16,
}
/** Two rows of six tokens, a class each. */
const bertBatch: Batch = {
  shape: { batch: 2, length: 6, labels: 2 },
  inputIds: Int32Array.from({ length: 12 }, (_, i) => (i * 5 + 1) % 9),
  attentionMask: new Int32Array(12).fill(1),
  labelPositions: Int32Array.of(0, 6),
  labelTargets: Int32Array.of(1, 0),
  labelWeights: Float32Array.of(1, 1),
  labelRows: Int32Array.of(0, 1),
  tokens: 12,
  labelCount: 2,
  rows: 2,
  extra: { tokenTypes: new Int32Array(12) },
}

/** In float64, with random weights, or with all the state of another session. */
async function bertSession(model: Model, config: RunConfig, from?: Session): Promise<Session> {
  const { shape } = bertBatch
  const session = await openSession(referenceBackend, {
    model,
    targets: config.method === 'full' ? model.description.linears : targetLinears(model.description, config),
    method: ADAPTERS[config.method],
    config,
    trainShapes: [shape],
    evalShapes: [shape],
    logitShapes: [shape],
  })
  const random = ({ name, shape }: Variable) =>
    [name, from ? stateOf(from).get(name)?.slice() : samples([shape], true, name.length).x0] as [string, Float32Array]
  await session.load(session.layout.all.map(random), from === undefined)
  return session
}

const stateOf = ({ executable }: Session) => (executable as ReferenceExecutable).state
const droppingKinds = METHOD_KINDS.filter((kind) =>
  (METHODS[kind].fields as readonly string[]).includes('lora_dropout'),
)
const batch = toyBatch(24)

async function trained(config: RunConfig, steps: readonly number[], from?: Session): Promise<Session> {
  const session = await toySession(config, batch, true)
  if (from) for (const [name, value] of stateOf(from)) stateOf(session).set(name, value.slice())
  for (const step of steps) await session.step([batch], 1e-2, step)
  return session
}

describe.each(droppingKinds)('dropout in %s', (kind) => {
  const config = toyConfig(kind, { lora_dropout: RATE })

  it('is off in evaluation', async () => {
    const plain = await toySession(toyConfig(kind), batch, true)
    const dropping = await toySession(config, batch, true)
    expect(await dropping.logits(batch)).toEqual(await plain.logits(batch))
    expect(await dropping.evaluate([batch])).toEqual(await plain.evaluate([batch]))
  })

  it('drops the same when a run is resumed, other things at each step and for each seed', async () => {
    const through = await trained(config, [1, 2, 3])
    const resumed = await trained(config, [3], await trained(config, [1, 2]))
    expect([...stateOf(resumed)]).toEqual([...stateOf(through)])
    expect([...stateOf(await trained(config, [1]))]).not.toEqual([...stateOf(await trained(config, [2]))])
    expect([...stateOf(await trained({ ...config, seed: 1 }, [1]))]).not.toEqual([
      ...stateOf(await trained(config, [1])),
    ])
  })
})

describe('the two ways of DoRA', () => {
  it('differ where g is not 1, and agree with plain LoRA where it is', async () => {
    const at = async (extra: Partial<RunConfig>, moved: boolean) => {
      const session = await toySession(toyConfig('dora', { lora_dropout: RATE, ...extra }), batch, moved)
      return (await session.step([batch], 1e-2, 1)).loss
    }
    expect(await at({ dora_dropout: 'fast' }, true)).not.toBe(await at({ dora_dropout: 'peft' }, true))
    expect(await at({ dora_dropout: 'fast' }, false)).toBe(await at({ dora_dropout: 'peft' }, false))
  })
})

it('drops its share of the elements and scales the rest up', async () => {
  const seed = placeholder('seed', 'int32', [2])
  const draw = droppingFrom(seed)
  const drop = (x: Node, place: string) => draw(x, place, RATE)
  const ones = fill(1, [200, 100])
  const program = pureProgram({ seed }, { y: drop(ones, 'a'), again: drop(ones, 'a'), other: drop(ones, 'b') })
  const { y, again, other } = (await (
    await backends.portable()
  )
    .compile(program)
    .then((executable) => executable.run('main', { seed: Int32Array.of(1, 2) }))) as Record<string, Float32Array>
  expect(again).toEqual(y)
  expect(other).not.toEqual(y)
  expect([...new Set(y)].sort()).toEqual([0, Math.fround(1 / (1 - RATE))])
  const dropped = (y as Float32Array).filter((value) => value === 0).length / 20_000
  expect(Math.abs(dropped - RATE)).toBeLessThan(0.015)
})

/** BERT whose every place drops; nothing is dropped of adapters. */
const dropsEverywhere = { hidden_dropout_prob: 0.2, attention_probs_dropout_prob: 0.3, classifier_dropout: 0.4 }

describe.each([
  ['full', {}],
  ['dora', { gradient_accumulation_steps: 2 }],
] as const)('dropout of the base under %s, %o', (method, extra) => {
  const model = modelFromConfig({ ...TINY_BERT, ...dropsEverywhere }, { type: 'SEQ_CLS', labels: 2 })
  const still = modelFromConfig(
    { ...TINY_BERT, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
    { type: 'SEQ_CLS', labels: 2 },
  )
  const settings = {
    task_type: 'SEQ_CLS' as const,
    target_modules: ['query', 'dense'],
    ...extra,
  } satisfies Partial<RunConfig>
  const config = toyConfig(method, settings)
  const micros = [bertBatch, bertBatch].slice(0, config.gradient_accumulation_steps)
  const trained = async (settings: RunConfig, steps: readonly number[], from?: Session, of = model) => {
    const session = await bertSession(of, settings, from)
    for (const step of steps) await session.step(micros, 1e-2, step)
    return session
  }

  it('is resumed bit for bit, and differs by step and seed', async () => {
    const through = await trained(config, [1, 2, 3])
    const resumed = await trained(config, [3], await trained(config, [1, 2]))
    expect([...stateOf(resumed)]).toEqual([...stateOf(through)])
    const first = [...stateOf(await trained(config, [1]))]
    expect(first).not.toEqual([...stateOf(await trained(config, [2]))])
    expect(first).not.toEqual([...stateOf(await trained({ ...config, seed: 1 }, [1]))])
  })

  it('changes nothing where config.json has none or base_dropout is false', async () => {
    const off = [...stateOf(await trained({ ...config, base_dropout: false }, [1, 2]))]
    expect([...stateOf(await trained(config, [1, 2], undefined, still))]).toEqual(off)
    expect([...stateOf(await trained(config, [1, 2]))]).not.toEqual(off)
  })

  it('is off in evaluation, and the same with gradient checkpointing', async () => {
    const [on, off] = [await bertSession(model, config), await bertSession(still, config)]
    expect(await on.logits(bertBatch)).toEqual(await off.logits(bertBatch))
    expect(await on.evaluate([bertBatch])).toEqual(await off.evaluate([bertBatch]))
    const repeated = await trained({ ...config, gradient_checkpointing: true }, [1, 2])
    expect([...stateOf(repeated)]).toEqual([...stateOf(await trained(config, [1, 2]))])
  })
})

describe.each(Object.entries(backends))('random numbers of the %s backend', (_, open) => {
  it('are a function of the seed, uniform in [0, 1)', async () => {
    const seed = placeholder('seed', 'int32', [2])
    const program = pureProgram({ seed }, { y: randomUniform(seed, [100, 200]) })
    const executable = await (await open()).compile(program)
    const draw = async (...values: number[]) =>
      (await executable.run('main', { seed: Int32Array.from(values) })).y as Float32Array
    const first = await draw(42, 7)
    expect(await draw(42, 7)).toEqual(first)
    for (const other of [await draw(42, 8), await draw(43, 7)]) {
      const products = first.reduce((sum, x, i) => sum + (x - 0.5) * ((other[i] as number) - 0.5), 0)
      expect(Math.abs(products / first.length)).toBeLessThan(0.005)
    }
    const mean = first.reduce((sum, x) => sum + x, 0) / first.length
    const square = first.reduce((sum, x) => sum + x * x, 0) / first.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01)
    expect(Math.abs(square - 1 / 3)).toBeLessThan(0.01)
    expect(first.every((x) => x >= 0 && x < 1)).toBe(true)
    const neighbours = first.reduce((sum, x, i) => sum + (x - 0.5) * ((first[i + 1] ?? 0.5) - 0.5), 0) / first.length
    expect(Math.abs(neighbours)).toBeLessThan(0.005)
    executable.dispose()
  })
})
