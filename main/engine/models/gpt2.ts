import type { Node } from '../ir/graph.ts'
import { add, layerNorm, reshape, scale, split, transpose } from '../ops/index.ts'
import { activationOf } from './activation.ts'
import { attentionNode, attentionScale, blockPlace, groupedAttention, isOneNode, seenKeys } from './attention.ts'
import { type AttentionMask, attentionMask } from './attention-mask.ts'
import { configFields, unsupported } from './config-fields.ts'
import { linearParameters } from './decoder-weights.ts'
import { embeddingSpec } from './embedding.ts'
import { learntPositions } from './learnt-positions.ts'
import type { BatchNodes, LinearSpec, Model, ModelFamily, ModelScope, ModelTask, ParameterSpec } from './model.ts'
import { headOf, type TaskHead, tokenDropout, tokenHead } from './task-head.ts'
import type { TransformerConfig } from './transformer-config.ts'

type Gpt2Config = TransformerConfig & {
  readonly tied: boolean
  readonly dropouts: Readonly<Record<'embd_pdrop' | 'attn_pdrop' | 'resid_pdrop', number>>
  readonly tokenDropout: number
}

const PREFIX = 'transformer.'

/** GPT-2 (Radford et al. 2019): learnt positions, LayerNorm before each half layer, weights stored as [in, out]. */
export const gpt2: ModelFamily = {
  modelType: 'gpt2',
  fromConfig: (json, task) => {
    const config = parse(json)
    const head = gpt2Head(config, task)
    return {
      description: {
        modelType: 'gpt2',
        parameters: [...parameters(config, head.prefix), ...head.parameters],
        linears: [...linears(config, head.prefix), ...head.linears],
        embeddings: [
          embeddingSpec(`${head.prefix}wte`, config.vocab, config.hidden),
          embeddingSpec(`${head.prefix}wpe`, config.positions, config.hidden),
        ],
        vocabSize: config.vocab,
        maxPositions: config.positions,
        layers: config.layers.length,
        keys: { groups: config.heads, size: config.hidden / config.heads },
        basePrefix: PREFIX,
        outputs: head.outputs,
        headModules: head.trained,
        ...(head.tied !== undefined && { tied: head.tied }),
        dropouts: { ...config.dropouts, ...head.dropouts },
      },
      hidden: (scope, batch) => hidden(config, scope, batch, head.prefix),
      logits: head.logits,
    } satisfies Model
  },
}

function parse(json: Readonly<Record<string, unknown>>): Gpt2Config {
  const fields = configFields(json, 'gpt2')
  const hidden = fields.count('n_embd', 65_536, 768)
  const heads = fields.count('n_head', 1024, 12)
  if (hidden % heads !== 0) throw unsupported('gpt2', `n_embd ${hidden} over ${heads} heads`)
  if (!fields.flag('scale_attn_weights', true)) throw unsupported('gpt2', 'scale_attn_weights false')
  for (const name of ['scale_attn_by_inverse_layer_idx', 'add_cross_attention']) {
    if (fields.flag(name, false)) throw unsupported('gpt2', `${name} true`)
  }
  return {
    modelType: 'gpt2',
    vocab: fields.count('vocab_size', 4_000_000, 50_257),
    hidden,
    inner: fields.count('n_inner', 1_000_000, 4 * hidden),
    layers: Array.from({ length: fields.count('n_layer', 1000, 12) }, (_, i) => i),
    heads,
    positions: fields.count('n_positions', 100_000_000, 1024),
    epsilon: fields.positive('layer_norm_epsilon', 1, 1e-5),
    tied: fields.flag('tie_word_embeddings', true),
    activation: activationOf(fields, 'activation_function', 'gelu_new', 'gpt2'),
    dropouts: {
      embd_pdrop: fields.rate('embd_pdrop', 0.1),
      attn_pdrop: fields.rate('attn_pdrop', 0.1),
      resid_pdrop: fields.rate('resid_pdrop', 0.1),
    },
    tokenDropout: tokenDropout(fields),
  }
}

/** As other decoders', but transformers calls the head for tokens `classifier` here. */
function gpt2Head(config: Gpt2Config, task: ModelTask): TaskHead {
  if (task.type === 'TOKEN_CLS') return tokenHead('classifier', config.hidden, task.labels, config.tokenDropout, PREFIX)
  return headOf(config, task, config.tied ? `${PREFIX}wte` : null, PREFIX)
}

function linears({ hidden, inner, layers }: Gpt2Config, prefix: string): LinearSpec[] {
  const shapes = {
    'attn.c_attn': [hidden, 3 * hidden],
    'attn.c_proj': [hidden, hidden],
    'mlp.c_fc': [hidden, inner],
    'mlp.c_proj': [inner, hidden],
  } as const
  return layers.flatMap((layer) =>
    Object.entries(shapes).map(([name, [inFeatures, outFeatures]]) => ({
      module: `${prefix}h.${layer}.${name}`,
      inFeatures,
      outFeatures,
      bias: true,
      layer,
      fanInFanOut: true,
    })),
  )
}

function parameters(config: Gpt2Config, prefix: string): ParameterSpec[] {
  const { vocab, hidden, positions, layers } = config
  const norm = (name: string): ParameterSpec[] => [
    { name: `${prefix}${name}.weight`, shape: [hidden] },
    { name: `${prefix}${name}.bias`, shape: [hidden] },
  ]
  return [
    { name: `${prefix}wte.weight`, shape: [vocab, hidden] },
    { name: `${prefix}wpe.weight`, shape: [positions, hidden] },
    ...linears(config, prefix).flatMap(linearParameters),
    ...layers.flatMap((i) => [...norm(`h.${i}.ln_1`), ...norm(`h.${i}.ln_2`)]),
    ...norm('ln_f'),
  ]
}

function hidden(config: Gpt2Config, scope: ModelScope, batch: BatchNodes, prefix: string): Node {
  const oneNode = isOneNode(scope, config.hidden / config.heads, config.dropouts.attn_pdrop)
  const mask = attentionMask(batch, { causal: true, window: null }, scope.prefix, oneNode ? 1 : undefined)
  const norm = (x: Node, name: string) =>
    layerNorm(x, scope.parameter(`${name}.weight`), scope.parameter(`${name}.bias`), config.epsilon)
  const { embd_pdrop: ofEmbeddings, resid_pdrop: ofResults } = config.dropouts
  let x = scope.dropout(embed(scope, batch, prefix), `${prefix}drop`, ofEmbeddings)
  for (const i of config.layers) {
    const path = `${prefix}h.${i}`
    x = scope.layer(x, (input) => {
      const attended = attention(config, scope, norm(input, `${path}.ln_1`), [i, `${path}.attn`], batch, mask)
      const middle = add(input, scope.dropout(attended, `${path}.attn.resid_dropout`, ofResults))
      const inner = config.activation(scope.linear(norm(middle, `${path}.ln_2`), `${path}.mlp.c_fc`))
      return add(middle, scope.dropout(scope.linear(inner, `${path}.mlp.c_proj`), `${path}.mlp.dropout`, ofResults))
    })
  }
  return norm(x, `${prefix}ln_f`)
}

function embed(scope: ModelScope, batch: BatchNodes, prefix: string): Node {
  const words = scope.embedding(batch.inputIds, `${prefix}wte`)
  return add(words, learntPositions(scope, `${prefix}wpe`, batch, scope.prefix?.length ?? 0))
}

function attention(
  c: Gpt2Config,
  scope: ModelScope,
  x: Node,
  [layer, path]: readonly [layer: number, path: string],
  batch: BatchNodes,
  mask: AttentionMask,
): Node {
  const size = c.hidden / c.heads
  const rows = x.shape[0] as number
  const all = transpose(reshape(scope.linear(x, `${path}.c_attn`), [rows, 3, c.hidden]), [1, 0, 2])
  const [q, k, v] = split(all, [1, 1, 1]).map((part) => reshape(part, [batch.batch, batch.length, c.heads, size]))
  const scaled = scale(q as Node, attentionScale(size))
  const heads = { heads: c.heads, groups: c.heads, size }
  const seen = seenKeys(scope, batch, layer, { keys: k as Node, values: v as Node })
  const drop = (weights: Node, block: number) =>
    scope.dropout(weights, blockPlace(`${path}.attn_dropout`, block), c.dropouts.attn_pdrop)
  const mixed = isOneNode(scope, size, c.dropouts.attn_pdrop)
    ? attentionNode(scaled, seen, mask)
    : groupedAttention(scaled, seen, mask, heads, drop)
  return scope.linear(mixed, `${path}.c_proj`)
}
