import type { Node } from '../ir/graph.ts'
import { add, fill, geluTanh, reshape, rmsNorm, scale, silu, split, transpose } from '../ops/index.ts'
import { gatedUnit } from './activation.ts'
import { attentionNode, blockPlace, groupedAttention, isOneNode, seenKeys } from './attention.ts'
import { type AttentionMask, attentionMask } from './attention-mask.ts'
import { decoderLinears, decoderParameters, LAYER_NAMES, type LayerNames } from './decoder-weights.ts'
import { embeddingSpec } from './embedding.ts'
import type { BatchNodes, Model, ModelScope, ModelTask } from './model.ts'
import type { Rope } from './rope.ts'
import { type Rotary, rotary } from './rotary.ts'
import { headOf } from './task-head.ts'

/** What a layer of a decoder may differ in from the others. */
export type DecoderLayer = {
  readonly rope: Rope
  /** Keys seen by a query, itself included; null: all before it. */
  readonly window: number | null
}

/** Everything in which decoders of Llama's kind differ. */
export type DecoderConfig = {
  readonly modelType: string
  readonly vocab: number
  readonly hidden: number
  readonly intermediate: number
  readonly heads: number
  readonly groups: number
  /** Width of a head. */
  readonly size: number
  readonly epsilon: number
  readonly paddingRow: number | null
  readonly tied: boolean
  readonly maxPositions: number
  readonly layers: readonly DecoderLayer[]
  readonly biases: { readonly qkv: boolean; readonly output: boolean; readonly mlp: boolean }
  /** RMSNorm of queries and keys, head by head. */
  readonly headNorms: boolean
  /** Norms before and after each half of a layer, weights stored less 1, scaled embeddings, GELU: Gemma's ways. */
  readonly gemma: boolean
  /** One weight for queries, keys and values, and one for gate and up. */
  readonly fused: boolean
  readonly attentionScale: number
  /** Of attention weights, and in Phi-3 of what each half of a layer adds. */
  readonly dropouts: { readonly attention_dropout: number; readonly resid_pdrop?: number }
  readonly tokenDropout: number
}

/** Decoder of Llama's kind (arXiv 2302.13971): RMSNorm before each half layer, rotary positions, gated feed-forward. */
export function decoder(config: DecoderConfig, task: ModelTask): Model {
  const head = headOf(config, task, config.tied ? 'model.embed_tokens' : null)
  return {
    description: {
      modelType: config.modelType,
      parameters: [...decoderParameters(config, head.prefix), ...head.parameters],
      linears: [...decoderLinears(config, head.prefix), ...head.linears],
      embeddings: [embeddingSpec(`${head.prefix}embed_tokens`, config.vocab, config.hidden, config.paddingRow)],
      vocabSize: config.vocab,
      maxPositions: config.maxPositions,
      steadyPositions: Math.min(...config.layers.map(({ rope }) => rope.steady)),
      layers: config.layers.length,
      keys: { groups: config.groups, size: config.size },
      basePrefix: 'model.',
      outputs: head.outputs,
      headModules: head.trained,
      ...(head.tied !== undefined && { tied: head.tied }),
      dropouts: { ...config.dropouts, ...head.dropouts },
    },
    hidden: (scope, batch) => hidden(config, scope, batch, head.prefix),
    logits: head.logits,
  }
}

type Pass = {
  readonly config: DecoderConfig
  readonly scope: ModelScope
  readonly batch: BatchNodes
  readonly norm: (x: Node, name: string) => Node
}

function hidden(config: DecoderConfig, scope: ModelScope, batch: BatchNodes, prefix: string): Node {
  const { epsilon, gemma } = config
  const weightOf = (name: string) => {
    const weight = scope.parameter(`${name}.weight`)
    return gemma ? add(weight, fill(1)) : weight
  }
  const pass: Pass = { config, scope, batch, norm: (x, name) => rmsNorm(x, weightOf(name), epsilon) }
  const oneNode = isOneNode(scope, config.size, config.dropouts.attention_dropout)
  const maskOf = memo((window: number | null) =>
    attentionMask(batch, { causal: true, window }, scope.prefix, oneNode ? 1 : undefined),
  )
  const rotaryOf = memo((rope: Rope) => rotary(batch, rope, config.size, scope.prefix?.length))
  const embedded = scope.embedding(batch.inputIds, `${prefix}embed_tokens`)
  let x = gemma ? scale(embedded, Math.fround(Math.sqrt(config.hidden))) : embedded
  config.layers.forEach((layer, i) => {
    const [turn, mask] = [rotaryOf(layer.rope), maskOf(layer.window)]
    x = scope.layer(x, (input) => decoderLayer(pass, input, [i, `${prefix}layers.${i}`], turn, mask))
  })
  return pass.norm(x, `${prefix}norm`)
}

/** Number and path of a layer. */
type Place = readonly [layer: number, path: string]

function decoderLayer(pass: Pass, x: Node, [layer, path]: Place, turn: Rotary, mask: AttentionMask): Node {
  const { norm, config, scope } = pass
  const names: LayerNames = LAYER_NAMES[config.gemma ? 'gemma' : 'llama']
  const after = (y: Node, name: string | undefined) => (name === undefined ? y : norm(y, `${path}.${name}`))
  const dropped = (y: Node, half: string) =>
    scope.dropout(y, `${path}.resid_${half}_dropout`, config.dropouts.resid_pdrop ?? 0)
  const attended = attention(
    pass,
    norm(x, `${path}.${names.beforeAttention}`),
    [layer, `${path}.self_attn`],
    turn,
    mask,
  )
  const middle = add(x, dropped(after(attended, names.afterAttention), 'attn'))
  const fed = feedForward(pass, norm(middle, `${path}.${names.beforeMlp}`), `${path}.mlp`)
  return add(middle, dropped(after(fed, names.afterMlp), 'mlp'))
}

function attention(pass: Pass, x: Node, [layer, path]: Place, turn: Rotary, mask: AttentionMask): Node {
  const { config, scope, batch } = pass
  const { heads, groups, size } = config
  const [q, k, v] = config.fused ? fusedHeads(pass, x, path) : separateHeads(pass, x, path)
  const values = reshape(v, [batch.batch, batch.length, groups, size])
  const turnedQ = turn(headNorm(pass, q, `${path}.q_norm`), config.attentionScale)
  const turnedK = turn(headNorm(pass, k, `${path}.k_norm`))
  const seen = seenKeys(scope, batch, layer, { keys: turnedK, values })
  const drop = (weights: Node, block: number) =>
    scope.dropout(weights, blockPlace(`${path}.dropout`, block), config.dropouts.attention_dropout)
  const mixed = isOneNode(scope, size, config.dropouts.attention_dropout)
    ? attentionNode(turnedQ, seen, mask)
    : groupedAttention(turnedQ, seen, mask, { heads, groups, size }, drop)
  return scope.linear(mixed, `${path}.o_proj`)
}

type Heads = readonly [q: Node, k: Node, v: Node]

const separateHeads = ({ scope }: Pass, x: Node, path: string): Heads => [
  scope.linear(x, `${path}.q_proj`),
  scope.linear(x, `${path}.k_proj`),
  scope.linear(x, `${path}.v_proj`),
]

function fusedHeads({ scope, config }: Pass, x: Node, path: string): Heads {
  const { heads, groups, size } = config
  const all = scope.linear(x, `${path}.qkv_proj`)
  const rows = all.shape[0] as number
  const byHead = transpose(reshape(all, [rows, heads + 2 * groups, size]), [1, 0, 2])
  const back = (part: Node) => reshape(transpose(part, [1, 0, 2]), [rows, (part.shape[0] as number) * size])
  return split(byHead, [heads, groups, groups]).map(back) as unknown as Heads
}

function headNorm({ config, norm }: Pass, x: Node, name: string): Node {
  if (!config.headNorms) return x
  const [rows, width] = x.shape as [number, number]
  return reshape(norm(reshape(x, [rows * (width / config.size), config.size]), name), [rows, width])
}

function feedForward({ config, scope }: Pass, x: Node, path: string): Node {
  const [gate, up] = config.fused
    ? halves(scope.linear(x, `${path}.gate_up_proj`))
    : [scope.linear(x, `${path}.gate_proj`), scope.linear(x, `${path}.up_proj`)]
  return scope.linear(gatedUnit(config.gemma ? geluTanh : silu, gate, up), `${path}.down_proj`)
}

/** The left and the right half of the columns. */
function halves(x: Node): readonly [Node, Node] {
  const [rows, width] = x.shape as [number, number]
  const parts = split(transpose(reshape(x, [rows, 2, width / 2]), [1, 0, 2]), [1, 1])
  return parts.map((part) => reshape(part, [rows, width / 2])) as unknown as readonly [Node, Node]
}

/** One node for equal requests, as layers of a kind share masks and tables. */
function memo<K, V>(make: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>()
  return (key) => {
    const before = known.get(key)
    if (before !== undefined) return before
    const made = make(key)
    known.set(key, made)
    return made
  }
}
