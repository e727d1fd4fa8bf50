import type { Node } from '../ir/graph.ts'
import { add, broadcastTo, intConstant, layerNorm, reshape, scale } from '../ops/index.ts'
import { activationOf } from './activation.ts'
import { attentionNode, attentionScale, blockPlace, groupedAttention, isOneNode, seenKeys } from './attention.ts'
import { type AttentionMask, attentionMask } from './attention-mask.ts'
import { configFields, unsupported } from './config-fields.ts'
import { linearParameters } from './decoder-weights.ts'
import { embeddingSpec, paddingRow } from './embedding.ts'
import { learntPositions } from './learnt-positions.ts'
import type { BatchNodes, LinearSpec, Model, ModelScope, ParameterSpec } from './model.ts'
import type { TaskHead } from './task-head.ts'
import type { TransformerConfig } from './transformer-config.ts'

type EncoderConfig = TransformerConfig & {
  /** Row of the position table that the first token has. */
  readonly firstPosition: number
  /** Rows of the table of sentences. */
  readonly types: number
  readonly paddingRow: number | null
  readonly dropouts: Readonly<Record<'hidden_dropout_prob' | 'attention_probs_dropout_prob', number>>
}

/** Reads what BERT and its like share; `padding` is the id of the padding token where config.json has none. */
export function encoderConfig(json: Readonly<Record<string, unknown>>, modelType: string, padding: number) {
  const fields = configFields(json, modelType)
  const hidden = fields.count('hidden_size', 65_536, 768)
  const heads = fields.count('num_attention_heads', 1024, 12)
  if (hidden % heads !== 0) throw unsupported(modelType, `hidden_size ${hidden} over ${heads} heads`)
  const kind = fields.text('position_embedding_type', 'absolute')
  if (kind !== 'absolute') throw unsupported(modelType, `position_embedding_type ${kind}`)
  if (fields.flag('is_decoder', false)) throw unsupported(modelType, 'is_decoder true')
  const vocab = fields.count('vocab_size', 4_000_000)
  return {
    fields,
    modelType,
    vocab,
    paddingRow: paddingRow(json, vocab, padding),
    hidden,
    inner: fields.count('intermediate_size', 1_000_000, 3072),
    layers: Array.from({ length: fields.count('num_hidden_layers', 1000, 12) }, (_, i) => i),
    heads,
    positions: fields.count('max_position_embeddings', 1_000_000, 512),
    types: fields.count('type_vocab_size', 1000, 2),
    epsilon: fields.positive('layer_norm_eps', 1, 1e-12),
    activation: activationOf(fields, 'hidden_act', 'gelu', modelType),
    dropouts: {
      hidden_dropout_prob: fields.rate('hidden_dropout_prob', 0.1),
      attention_probs_dropout_prob: fields.rate('attention_probs_dropout_prob', 0.1),
    },
  }
}

/** What the heads of classifiers drop, which is as much as the layers do unless config.json says otherwise. */
export const classifierDropout = ({ fields, dropouts }: ReturnType<typeof encoderConfig>): number =>
  fields.rate('classifier_dropout', dropouts.hidden_dropout_prob)

/** BERT's encoder (arXiv 1810.04805): every token sees every other, LayerNorm after each half layer. */
export function encoder(config: EncoderConfig, basePrefix: string, head: TaskHead): Model {
  return {
    description: {
      modelType: config.modelType,
      parameters: [...parameters(config, head.prefix), ...head.parameters],
      linears: [...linears(config, head.prefix), ...head.linears],
      embeddings: embeddings(config, `${head.prefix}embeddings`),
      vocabSize: config.vocab,
      maxPositions: config.positions - config.firstPosition,
      layers: config.layers.length,
      keys: { groups: config.heads, size: config.hidden / config.heads },
      basePrefix,
      outputs: head.outputs,
      headModules: head.trained,
      dropouts: { ...config.dropouts, ...head.dropouts },
      tokenTypes: config.types > 1,
      bidirectional: true,
    },
    hidden: (scope, batch) => hidden(config, scope, batch, head.prefix),
    logits: head.logits,
  }
}

const ATTENTION = 'attention.self'

function linears({ hidden, inner, layers }: EncoderConfig, prefix: string): LinearSpec[] {
  const shapes = {
    [`${ATTENTION}.query`]: [hidden, hidden],
    [`${ATTENTION}.key`]: [hidden, hidden],
    [`${ATTENTION}.value`]: [hidden, hidden],
    'attention.output.dense': [hidden, hidden],
    'intermediate.dense': [hidden, inner],
    'output.dense': [inner, hidden],
  } as const
  return layers.flatMap((layer) =>
    Object.entries(shapes).map(([name, [inFeatures, outFeatures]]) => ({
      module: `${prefix}encoder.layer.${layer}.${name}`,
      inFeatures,
      outFeatures,
      bias: true,
      layer,
    })),
  )
}

const embeddings = ({ vocab, hidden, positions, types, paddingRow }: EncoderConfig, path: string): LinearSpec[] => [
  embeddingSpec(`${path}.word_embeddings`, vocab, hidden, paddingRow),
  embeddingSpec(`${path}.position_embeddings`, positions, hidden),
  embeddingSpec(`${path}.token_type_embeddings`, types, hidden),
]

function parameters(config: EncoderConfig, prefix: string): ParameterSpec[] {
  const { vocab, hidden, positions, types, layers } = config
  const norm = (path: string): ParameterSpec[] => [
    { name: `${prefix}${path}.LayerNorm.weight`, shape: [hidden] },
    { name: `${prefix}${path}.LayerNorm.bias`, shape: [hidden] },
  ]
  return [
    { name: `${prefix}embeddings.word_embeddings.weight`, shape: [vocab, hidden] },
    { name: `${prefix}embeddings.position_embeddings.weight`, shape: [positions, hidden] },
    { name: `${prefix}embeddings.token_type_embeddings.weight`, shape: [types, hidden] },
    ...norm('embeddings'),
    ...linears(config, prefix).flatMap(linearParameters),
    ...layers.flatMap((i) => [...norm(`encoder.layer.${i}.attention.output`), ...norm(`encoder.layer.${i}.output`)]),
  ]
}

function hidden(config: EncoderConfig, scope: ModelScope, batch: BatchNodes, prefix: string): Node {
  const norm = (x: Node, path: string) => {
    const at = (part: string) => scope.parameter(`${path}.LayerNorm.${part}`)
    return layerNorm(x, at('weight'), at('bias'), config.epsilon)
  }
  const mask = attentionMask(batch, { causal: false, window: null }, scope.prefix)
  const { hidden_dropout_prob: rate } = config.dropouts
  const drop = (y: Node, path: string) => scope.dropout(y, `${path}.dropout`, rate)
  const embeddings = `${prefix}embeddings`
  let x = drop(norm(embed(config, scope, batch, embeddings), embeddings), embeddings)
  for (const i of config.layers) {
    x = scope.layer(x, (input) =>
      encoderLayer({ config, scope, batch, norm, drop }, input, [i, `${prefix}encoder.layer.${i}`], mask),
    )
  }
  return x
}

type Pass = {
  readonly config: EncoderConfig
  readonly scope: ModelScope
  readonly batch: BatchNodes
  readonly norm: (x: Node, path: string) => Node
  readonly drop: (x: Node, path: string) => Node
}

type Place = readonly [layer: number, path: string]

function encoderLayer(
  { config, scope, batch, norm, drop }: Pass,
  x: Node,
  [layer, path]: Place,
  mask: AttentionMask,
): Node {
  /** What ends either half of a layer. */
  const output = (y: Node, part: string, residual: Node) =>
    norm(add(drop(scope.linear(y, `${part}.dense`), part), residual), part)
  const attended = attention(config, scope, x, [layer, `${path}.${ATTENTION}`], batch, mask)
  const middle = output(attended, `${path}.attention.output`, x)
  const inner = config.activation(scope.linear(middle, `${path}.intermediate.dense`))
  return output(inner, `${path}.output`, middle)
}

function embed(config: EncoderConfig, scope: ModelScope, batch: BatchNodes, path: string): Node {
  const { hidden: width, firstPosition } = config
  const types = (ids: Node) => scope.embedding(ids, `${path}.token_type_embeddings`)
  const ofType = batch.tokenTypes
    ? types(batch.tokenTypes)
    : broadcastTo(types(intConstant(new Int32Array(1), [1])), [batch.batch * batch.length, width])
  const words = add(scope.embedding(batch.inputIds, `${path}.word_embeddings`), ofType)
  const first = firstPosition + (scope.prefix?.length ?? 0)
  return add(words, learntPositions(scope, `${path}.position_embeddings`, batch, first))
}

function attention(
  c: EncoderConfig,
  scope: ModelScope,
  x: Node,
  [layer, path]: Place,
  batch: BatchNodes,
  mask: AttentionMask,
): Node {
  const size = c.hidden / c.heads
  const heads = (name: string) =>
    reshape(scope.linear(x, `${path}.${name}`), [batch.batch, batch.length, c.heads, size])
  const q = scale(heads('query'), attentionScale(size))
  const seen = seenKeys(scope, batch, layer, { keys: heads('key'), values: heads('value') })
  const drop = (weights: Node, block: number) =>
    scope.dropout(weights, blockPlace(`${path}.dropout`, block), c.dropouts.attention_probs_dropout_prob)
  return isOneNode(scope, size, c.dropouts.attention_probs_dropout_prob)
    ? attentionNode(q, seen, mask)
    : groupedAttention(q, seen, mask, { heads: c.heads, groups: c.heads, size }, drop)
}
