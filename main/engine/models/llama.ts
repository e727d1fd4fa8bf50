import type { Node } from '../ir/graph.ts'
import { add, gather, matmul, mul, reshape, rmsNorm, silu } from '../ops/index.ts'
import { attentionScale, causalBias, groupedAttention } from './attention.ts'
import { configFields, unsupported } from './config-fields.ts'
import type { BatchNodes, LinearSpec, Model, ModelFamily, ModelScope, ParameterSpec } from './model.ts'
import { rotary } from './rotary.ts'

type LlamaConfig = {
  readonly vocab: number
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly heads: number
  readonly groups: number
  readonly size: number
  readonly theta: number
  readonly epsilon: number
  readonly tied: boolean
  readonly maxPositions: number
}

/** Llama (arXiv 2302.13971; grouped keys as of Llama 2): RMSNorm, rotary positions, SwiGLU, no biases. */
export const llama: ModelFamily = {
  modelType: 'llama',
  fromConfig: (json) => {
    const config = parse(json)
    return {
      description: {
        modelType: 'llama',
        parameters: parameters(config),
        linears: linears(config),
        vocabSize: config.vocab,
        maxPositions: config.maxPositions,
        layers: config.layers,
      },
      hidden: (scope, batch) => hidden(config, scope, batch),
      logits: (scope, rows) =>
        config.tied
          ? matmul(rows, scope.parameter('model.embed_tokens.weight'), { transposeB: true })
          : scope.linear(rows, 'lm_head'),
    } satisfies Model
  },
}

function parse(json: Readonly<Record<string, unknown>>): LlamaConfig {
  const fields = configFields(json, 'llama')
  const hiddenSize = fields.count('hidden_size', 65_536)
  const heads = fields.count('num_attention_heads', 1024)
  const groups = fields.count('num_key_value_heads', 1024, heads)
  // transformers 5 writes rope_parameters, older versions rope_theta and rope_scaling.
  const rope = { ...fields.object('rope_scaling'), ...fields.object('rope_parameters') }
  const ropeType = rope.rope_type ?? rope.type ?? 'default'
  if (ropeType !== 'default') throw unsupported('llama', `RoPE scaling ${JSON.stringify(ropeType)}`)
  if (fields.flag('attention_bias', false)) throw unsupported('llama', 'attention_bias true')
  if (fields.flag('mlp_bias', false)) throw unsupported('llama', 'mlp_bias true')
  if (fields.text('hidden_act', 'silu') !== 'silu') throw unsupported('llama', `hidden_act ${json.hidden_act}`)
  if (heads % groups !== 0) throw unsupported('llama', `${heads} query heads over ${groups} key heads`)
  const size = fields.count('head_dim', 4096, Math.floor(hiddenSize / heads))
  if (size % 2 !== 0) throw unsupported('llama', `an odd head_dim (${size})`)
  return {
    vocab: fields.count('vocab_size', 4_000_000),
    hidden: hiddenSize,
    intermediate: fields.count('intermediate_size', 1_000_000),
    layers: fields.count('num_hidden_layers', 1000),
    heads,
    groups,
    size,
    theta: configFields(rope, 'llama').positive('rope_theta', 1e9, fields.positive('rope_theta', 1e9, 10_000)),
    epsilon: fields.positive('rms_norm_eps', 1, 1e-6),
    tied: fields.flag('tie_word_embeddings', false),
    maxPositions: fields.count('max_position_embeddings', 100_000_000, 2048),
  }
}

function linears(config: LlamaConfig): LinearSpec[] {
  const { hidden: width, intermediate, heads, groups, size } = config
  const shapes = {
    'self_attn.q_proj': [width, heads * size],
    'self_attn.k_proj': [width, groups * size],
    'self_attn.v_proj': [width, groups * size],
    'self_attn.o_proj': [heads * size, width],
    'mlp.gate_proj': [width, intermediate],
    'mlp.up_proj': [width, intermediate],
    'mlp.down_proj': [intermediate, width],
  } as const
  const layers = Array.from({ length: config.layers }, (_, layer) =>
    Object.entries(shapes).map(([name, [inFeatures, outFeatures]]) => ({
      module: `model.layers.${layer}.${name}`,
      inFeatures,
      outFeatures,
      bias: false,
      layer,
    })),
  ).flat()
  const head = {
    module: 'lm_head',
    inFeatures: width,
    outFeatures: config.vocab,
    bias: false,
    layer: config.layers,
    head: true,
  }
  return config.tied ? layers : [...layers, head]
}

function parameters(config: LlamaConfig): ParameterSpec[] {
  const norm = (name: string): ParameterSpec => ({ name, shape: [config.hidden] })
  const weights = linears(config).map(({ module, inFeatures, outFeatures }) => ({
    name: `${module}.weight`,
    shape: [outFeatures, inFeatures],
  }))
  const norms = Array.from({ length: config.layers }, (_, i) => [
    norm(`model.layers.${i}.input_layernorm.weight`),
    norm(`model.layers.${i}.post_attention_layernorm.weight`),
  ]).flat()
  const embedding = { name: 'model.embed_tokens.weight', shape: [config.vocab, config.hidden] }
  return [embedding, ...weights, ...norms, norm('model.norm.weight')]
}

function hidden(config: LlamaConfig, scope: ModelScope, batch: BatchNodes): Node {
  const bias = causalBias(batch)
  const norm = (x: Node, name: string) => rmsNorm(x, scope.parameter(`${name}.weight`), config.epsilon)
  let x = gather(scope.parameter('model.embed_tokens.weight'), batch.inputIds)
  for (let i = 0; i < config.layers; i++) {
    const layer = `model.layers.${i}`
    x = add(x, attention(config, scope, norm(x, `${layer}.input_layernorm`), `${layer}.self_attn`, batch, bias))
    x = add(x, feedForward(scope, norm(x, `${layer}.post_attention_layernorm`), `${layer}.mlp`))
  }
  return norm(x, 'model.norm')
}

function attention(config: LlamaConfig, scope: ModelScope, x: Node, path: string, batch: BatchNodes, bias: Node): Node {
  const { heads, groups, size, theta } = config
  const { length } = batch
  const q = rotary(scope.linear(x, `${path}.q_proj`), length, size, theta, attentionScale(size))
  const k = rotary(scope.linear(x, `${path}.k_proj`), length, size, theta)
  const v = reshape(scope.linear(x, `${path}.v_proj`), [batch.batch, length, groups, size])
  return scope.linear(groupedAttention(q, k, v, bias, { heads, groups, size }), `${path}.o_proj`)
}

function feedForward(scope: ModelScope, x: Node, path: string): Node {
  const gated = mul(silu(scope.linear(x, `${path}.gate_proj`)), scope.linear(x, `${path}.up_proj`))
  return scope.linear(gated, `${path}.down_proj`)
}
