import type { DecoderConfig } from './decoder.ts'
import type { LinearSpec, ParameterSpec } from './model.ts'

/** Where the norms of a layer stand, by their names in the files. */
export type LayerNames = {
  readonly beforeAttention: string
  readonly afterAttention?: string
  readonly beforeMlp: string
  readonly afterMlp?: string
}

/** Gemma's `post_attention_layernorm` really is after the attention; Llama's is before the feed-forward. */
export const LAYER_NAMES: Readonly<Record<'llama' | 'gemma', LayerNames>> = {
  llama: { beforeAttention: 'input_layernorm', beforeMlp: 'post_attention_layernorm' },
  gemma: {
    beforeAttention: 'input_layernorm',
    afterAttention: 'post_attention_layernorm',
    beforeMlp: 'pre_feedforward_layernorm',
    afterMlp: 'post_feedforward_layernorm',
  },
}

type Layout = readonly [name: string, inFeatures: number, outFeatures: number, bias: boolean]

function layerLayout({ hidden, intermediate, heads, groups, size, biases, fused }: DecoderConfig): readonly Layout[] {
  const output: Layout = ['self_attn.o_proj', heads * size, hidden, biases.output]
  const down: Layout = ['mlp.down_proj', intermediate, hidden, biases.mlp]
  if (fused) {
    return [
      ['self_attn.qkv_proj', hidden, (heads + 2 * groups) * size, biases.qkv],
      output,
      ['mlp.gate_up_proj', hidden, 2 * intermediate, biases.mlp],
      down,
    ]
  }
  return [
    ['self_attn.q_proj', hidden, heads * size, biases.qkv],
    ['self_attn.k_proj', hidden, groups * size, biases.qkv],
    ['self_attn.v_proj', hidden, groups * size, biases.qkv],
    output,
    ['mlp.gate_proj', hidden, intermediate, biases.mlp],
    ['mlp.up_proj', hidden, intermediate, biases.mlp],
    down,
  ]
}

/** The linear layers of all decoder layers, in the order in which they are used. */
export const decoderLinears = (config: DecoderConfig, prefix: string): LinearSpec[] =>
  config.layers.flatMap((_, layer) =>
    layerLayout(config).map(([name, inFeatures, outFeatures, bias]) => ({
      module: `${prefix}layers.${layer}.${name}`,
      inFeatures,
      outFeatures,
      bias,
      layer,
    })),
  )

/** Embedding, linear layers and norms; the head is the task's. */
export function decoderParameters(config: DecoderConfig, prefix: string): ParameterSpec[] {
  const { vocab, hidden, size, headNorms, gemma } = config
  const vector = (name: string, width = hidden): ParameterSpec => ({ name: `${name}.weight`, shape: [width] })
  const norms = config.layers.flatMap((_, i) => [
    ...Object.values(LAYER_NAMES[gemma ? 'gemma' : 'llama']).map((name) => vector(`${prefix}layers.${i}.${name}`)),
    ...(headNorms ? ['q_norm', 'k_norm'] : []).map((n) => vector(`${prefix}layers.${i}.self_attn.${n}`, size)),
  ])
  const embedding = { name: `${prefix}embed_tokens.weight`, shape: [vocab, hidden] }
  return [embedding, ...decoderLinears(config, prefix).flatMap(linearParameters), ...norms, vector(`${prefix}norm`)]
}

/** Weight and bias of a linear layer as its file stores them. */
export function linearParameters({ module, inFeatures, outFeatures, bias, fanInFanOut }: LinearSpec): ParameterSpec[] {
  const shape = fanInFanOut ? [inFeatures, outFeatures] : [outFeatures, inFeatures]
  const weight = { name: `${module}.weight`, shape }
  return bias ? [weight, { name: `${module}.bias`, shape: [outFeatures] }] : [weight]
}
