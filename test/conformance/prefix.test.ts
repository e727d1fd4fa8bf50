import { describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Node, Shape } from '../../main/engine/ir/graph.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import type { BatchNodes, KeyValues, Model, ModelScope } from '../../main/engine/models/model.ts'
import { add, gather, intConstant, matmul, placeholder, reshape, slice } from '../../main/engine/ops/index.ts'
import { pureProgram, relativeError, samples } from './programs.ts'

const common = { vocab_size: 20, hidden_size: 16, intermediate_size: 12, num_hidden_layers: 2, num_attention_heads: 4 }
const WINDOW = 4
const CONFIGS = {
  llama: { ...common, num_key_value_heads: 2 },
  mistral: { ...common, num_key_value_heads: 2, sliding_window: WINDOW },
  qwen2: { ...common, num_key_value_heads: 2 },
  qwen3: { ...common, num_key_value_heads: 2, head_dim: 6 },
  gemma3_text: { ...common, num_key_value_heads: 1, head_dim: 8, sliding_window: WINDOW, sliding_window_pattern: 2 },
  phi3: { ...common, num_key_value_heads: 2 },
  gpt2: { vocab_size: 20, n_embd: 16, n_layer: 2, n_head: 4, n_positions: 64 },
} as const

/** Positions of the text, of which the first PREFIX become a prefix and the others are fed behind it. */
const LENGTH = 9
const PREFIX = 3
const REST = LENGTH - PREFIX
const TEXT = Int32Array.from({ length: LENGTH }, (_, i) => (i * 7 + 3) % 20)
const rest = (ids: Int32Array) => ids.subarray(PREFIX)

/** Weights as inputs, so that they can be random; every weight one placeholder. */
function scopeOf({ description }: Model) {
  const weights = new Map(description.parameters.map(({ name, shape }) => [name, placeholder(name, 'float32', shape)]))
  const specs = new Map(description.linears.map((linear) => [linear.module, linear]))
  const at = (name: string) => weights.get(name) as Node
  const scope: ModelScope = {
    parameter: at,
    linear: (x, module) => {
      const y = matmul(x, at(`${module}.weight`), { transposeB: !specs.get(module)?.fanInFanOut })
      return weights.has(`${module}.bias`) ? add(y, at(`${module}.bias`)) : y
    },
    embedding: (rows, module) => gather(at(`${module}.weight`), rows),
    product: (x, module) => matmul(x, at(`${module}.weight`), { transposeB: true }),
    layer: (x, build) => build(x),
    dropout: (x) => x,
  }
  return { scope, weights }
}

const ids = (values: ArrayLike<number>, shape: Shape) => intConstant(Int32Array.from(values), shape)
const batchOf = (rows: readonly (readonly number[])[], extra: Partial<BatchNodes> = {}): BatchNodes => {
  const [batch, length] = [rows.length, rows[0]?.length as number]
  const size = [batch * length]
  return {
    batch,
    length,
    inputIds: ids(rows.flat(), size),
    attentionMask: ids(new Int32Array(size[0] as number).fill(1), size),
    ...extra,
  }
}

/** Hidden states of the whole text; the keys and values of each layer are kept. */
function wholePass(model: Model, scope: ModelScope) {
  const layers: KeyValues[] = []
  const extend = (own: KeyValues) => {
    layers.push(own)
    return own
  }
  const positions = ids([...TEXT.keys()], [LENGTH])
  const hidden = model.hidden(scope, batchOf([[...TEXT]], { positions, cache: { slots: LENGTH, extend } }))
  const front = (x: Node): Node => {
    const [, , groups, size] = x.shape as [number, number, number, number]
    return slice(reshape(x, [LENGTH, groups, size]), 0, PREFIX)
  }
  const of = (layer: number) => {
    const { keys, values } = layers[layer] as KeyValues
    return { keys: front(keys), values: front(values) }
  }
  return { hidden: slice(hidden, PREFIX, REST), prefix: { length: PREFIX, of } }
}

/** A row alone, beside a padded one, and two of them packed into one row. */
const REST_ROW = [...rest(TEXT)]
const batches = {
  alone: () => batchOf([REST_ROW]),
  'beside another': () => batchOf([REST_ROW, REST_ROW.map((id) => (id + 5) % 20)]),
  'packed twice': () => {
    const twice = [...REST_ROW, ...REST_ROW]
    const size = [2 * REST]
    const attentionMask = ids(
      twice.map((_, i) => (i < REST ? 1 : 2)),
      size,
    )
    return batchOf([twice], {
      attentionMask,
      positions: ids(
        twice.map((_, i) => i % REST),
        size,
      ),
    })
  },
} as const

describe.each(Object.keys(CONFIGS) as (keyof typeof CONFIGS)[])('%s behind a prefix', (name) => {
  it.each(Object.keys(batches) as (keyof typeof batches)[])(
    'goes on as behind the text that the prefix was taken from: %s',
    async (kind) => {
      const model = modelFromConfig({ model_type: name, ...CONFIGS[name] })
      expect(model.description.keys.groups).toBe(
        'num_key_value_heads' in CONFIGS[name] ? CONFIGS[name].num_key_value_heads : 4,
      )
      const { scope, weights } = scopeOf(model)
      const { hidden: wanted, prefix } = wholePass(model, scope)
      const got = model.hidden({ ...scope, prefix }, batches[kind]())
      const executable = await referenceBackend.compile(pureProgram(Object.fromEntries(weights), { got, wanted }))
      const shapes = [...weights.values()].map(({ shape }) => shape)
      const random = Object.values(samples(shapes, false, 5))
      const inputs = Object.fromEntries([...weights.keys()].map((key, i) => [key, random[i] as Float32Array]))
      const outputs = executable.evaluate('main', inputs) as { got: Float64Array; wanted: Float64Array }
      const rows = kind === 'packed twice' ? 2 : 1
      for (let row = 0; row < rows; row++) {
        const size = outputs.wanted.length
        expect(relativeError(outputs.got.subarray(row * size, (row + 1) * size), outputs.wanted)).toBeLessThan(1e-9)
      }
    },
  )
})
