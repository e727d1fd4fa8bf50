import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import { sizeOf } from '../../main/engine/ir/graph.ts'
import type { Model } from '../../main/engine/models/model.ts'
import { add, gather, matmul, tanh } from '../../main/engine/ops/index.ts'
import { openSession } from '../../main/engine/train/session.ts'
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

/** Two linear layers of different shape, one with a bias: the smallest model in which packing can go wrong. */
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
    vocabSize: VOCAB,
    maxPositions: 16,
    layers: 1,
  },
  hidden: (scope, { inputIds }) => {
    const x = gather(scope.parameter('embed.weight'), inputIds)
    return add(x, scope.linear(tanh(scope.linear(x, 'up')), 'down'))
  },
  logits: (scope, rows) => matmul(rows, scope.parameter('embed.weight'), { transposeB: true }),
}

export const toyConfig = (method: MethodKind, extra: Partial<RunConfig> = {}): RunConfig =>
  runConfigSchema.parse({
    model_name_or_path: 'toy',
    train_file: 'toy',
    method,
    r: 2,
    lora_alpha: 3,
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

/** A toy session in float64, weights random; adapters fresh or moved away from their start. */
export async function toySession(config: RunConfig, batch: Batch, moved: boolean) {
  const session = await openSession(referenceBackend, {
    model: toyModel,
    targets: toyModel.description.linears,
    method: ADAPTERS[config.method],
    config,
    trainShapes: [batch.shape],
    evalShapes: [batch.shape],
    logitShapes: [batch.shape],
  })
  const { layout } = session
  const base = new Set([...layout.base, ...layout.origins].map(({ name }) => name))
  const trainable = new Map(layout.trainables.map((entry) => [entry.variable.name, entry]))
  const values = layout.all.map(({ name, shape }, seed) => {
    const draw = samples([shape], name.includes('magnitude'), name.replace('origin/', '').length * 131 + name.length)
    const random = draw.x0 as Float32Array
    const isA = trainable.get(name)?.role === 'A'
    if (base.has(name) || isA || (moved && trainable.has(name))) return [name, random] as const
    return [name, new Float32Array(sizeOf(shape)), seed] as unknown as readonly [string, Float32Array]
  })
  const origins = values.map(([name, value]) => {
    const module = name.startsWith('origin/') ? name.slice('origin/'.length) : null
    const source = module && values.find(([other]) => other === `${module}.weight`)
    return [name, source ? source[1].slice() : value] as const
  })
  await session.load(origins, !moved)
  return session
}
