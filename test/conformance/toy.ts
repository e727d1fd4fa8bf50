import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import { type Node, type Shape, sizeOf } from '../../main/engine/ir/graph.ts'
import { attentionScale, groupedAttention, seenKeys } from '../../main/engine/models/attention.ts'
import { attentionMask } from '../../main/engine/models/attention-mask.ts'
import { embeddingSpec } from '../../main/engine/models/embedding.ts'
import type { BatchNodes, LinearSpec, Model, ModelScope, ParameterSpec } from '../../main/engine/models/model.ts'
import { add, reshape, scale, tanh } from '../../main/engine/ops/index.ts'
import { freshValues } from '../../main/engine/train/fresh-values.ts'
import { packed } from '../../main/engine/train/held/held-weight.ts'
import { heldWeights } from '../../main/engine/train/held/held-weights.ts'
import { openSession, type Session } from '../../main/engine/train/session.ts'
import { targetLinears } from '../../main/engine/train/targets.ts'
import type { MethodKind } from '../../shared/domain/method.ts'
import { type RunConfig, runConfigSchema } from '../../shared/domain/run-config.ts'
import { samples } from './programs.ts'

const VOCAB = 7
const WIDTH = 5

const linear = (module: string, inFeatures: number, outFeatures: number, bias: boolean) => ({
  module,
  inFeatures,
  outFeatures,
  bias,
  layer: 0,
})

const HEADS = { heads: 1, groups: 1, size: WIDTH }

function attention(scope: ModelScope, batch: BatchNodes, words: Node): Node {
  const own = reshape(words, [batch.batch, batch.length, 1, WIDTH])
  const seen = seenKeys(scope, batch, 0, { keys: own, values: own })
  const mask = attentionMask(batch, { causal: true, window: null }, scope.prefix)
  return groupedAttention(scale(own, attentionScale(WIDTH)), seen, mask, HEADS)
}

/** Attention without weights and two linear layers of different shape, one with a bias: the smallest model in which packing can go wrong. */
export const toyModel: Model = {
  description: {
    modelType: 'toy',
    parameters: [
      { name: 'embed.weight', shape: [VOCAB, WIDTH] },
      { name: 'up.weight', shape: [6, WIDTH] },
      { name: 'up.bias', shape: [6] },
      { name: 'down.weight', shape: [WIDTH, 6] },
    ],
    linears: [linear('up', WIDTH, 6, true), linear('down', 6, WIDTH, false)],
    embeddings: [embeddingSpec('embed', VOCAB, WIDTH)],
    vocabSize: VOCAB,
    maxPositions: 16,
    layers: 1,
    keys: HEADS,
    basePrefix: '',
    outputs: VOCAB,
    headModules: [],
    dropouts: {},
  },
  hidden: (scope, batch) => {
    const words = scope.embedding(batch.inputIds, 'embed')
    // The mean of the two: alone, a word is what it was.
    const x = scale(add(words, attention(scope, batch, words)), 0.5)
    return add(x, scope.linear(tanh(scope.linear(x, 'up')), 'down'))
  },
  logits: (scope, rows) => scope.product(rows, 'embed'),
}

const { description } = toyModel

/** The same with a head of its own, which stays as it is when the embedding is merged. */
const untiedToy: Model = {
  ...toyModel,
  description: {
    ...description,
    parameters: [...description.parameters, { name: 'head.weight', shape: [VOCAB, WIDTH] }],
  },
  logits: (scope, rows) => scope.product(rows, 'head'),
}

const modelFor = (config: RunConfig): Model =>
  toyTargets(config).some(({ embedding }) => embedding) ? untiedToy : toyModel

/** The layers that a run on the toy adapts, or watches. */
export const toyTargets = (config: RunConfig): LinearSpec[] => targetLinears(description, config)

export const toyConfig = (method: MethodKind, extra: Partial<RunConfig> = {}): RunConfig =>
  runConfigSchema.parse({
    model_name_or_path: 'toy',
    train_file: 'toy',
    method,
    r: 2,
    lora_alpha: 3,
    bottleneck_size: 3,
    num_virtual_tokens: 3,
    target_modules: ['up', 'down'],
    max_grad_norm: 0,
    trajectory_steps: 1,
    ...extra,
  })

/** One sequence; few positions take the factored rule, many the merged one. */
export function toyBatch(length: number): Batch {
  const ids = Int32Array.from({ length }, (_, i) => (i * 3 + 1) % VOCAB)
  return {
    shape: { batch: 1, length, labels: length },
    inputIds: ids,
    attentionMask: new Int32Array(length).fill(1),
    labelPositions: Int32Array.from(ids.keys()),
    labelTargets: ids.map((id) => (id + 2) % VOCAB),
    labelWeights: new Float32Array(length).fill(1),
    labelRows: new Int32Array(length),
    tokens: length,
    labelCount: length,
    rows: 1,
  }
}

/**
 * A toy session in float64, weights random, as a run with the settings `seenBy` sees them; adapters fresh or moved away
 * from their start.
 */
export async function toySession(config: RunConfig, batch: Batch, moved: boolean, seenBy = config) {
  const session = await openSession(referenceBackend, {
    model: modelFor(seenBy),
    targets: toyTargets(config),
    method: ADAPTERS[config.method],
    config,
    trainShapes: [batch.shape],
    evalShapes: [batch.shape],
    logitShapes: [batch.shape],
  })
  await session.load(toyValues(session, config, moved, seenBy), !moved)
  return session
}

/** Random weights; adapters as a run starts them, or everything that is trained away from its start. */
function* toyValues({ layout }: Session, config: RunConfig, moved: boolean, seenBy: RunConfig) {
  const { description } = modelFor(seenBy)
  const held = heldWeights(description, toyTargets(seenBy), ADAPTERS[seenBy.method], seenBy)
  const seen = (name: string, values: Float32Array) => held.get(name)?.seen(values) ?? values
  const base = new Set(layout.base.map(({ name }) => name))
  const trained = new Set(layout.trainables.map(({ variable }) => variable.name))
  const random = (name: string, shape: Shape): Float32Array =>
    samples([shape], name.includes('magnitude'), name.length * 131 + name.length).x0 as Float32Array
  const weight = (module: string) => {
    const { name, shape } = description.parameters.find(({ name }) => name === `${module}.weight`) as ParameterSpec
    return seen(name, random(name, shape))
  }
  const packedBase = new Map<string, Float32Array | Int32Array>(
    [...layout.held.values()].flatMap((weight) => {
      const values = packed(weight, random(weight.name, weight.shape))
      return weight.variables.map((variable, i) => [variable.name, values[i] as Float32Array | Int32Array] as const)
    }),
  )
  const fresh = freshValues(layout, config.seed, weight)
  for (const { name, shape } of layout.all) {
    const codes = packedBase.get(name)
    if (codes) yield [name, codes] as const
    else if (base.has(name) || (moved && trained.has(name))) yield [name, seen(name, random(name, shape))] as const
    else if (name.startsWith('origin/')) yield [name, weight(name.slice('origin/'.length))] as const
    else yield [name, fresh(name) ?? new Float32Array(sizeOf(shape))] as const
  }
}
