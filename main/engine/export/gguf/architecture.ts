import { fault } from '../../../../shared/domain/error.ts'
import { GGUF_FAMILIES, isGgufFamily } from '../../../../shared/domain/gguf.ts'
import { shown } from '../../../../shared/domain/shown.ts'
import type { ModelDescription } from '../../models/model.ts'
import { halvesToPairs, pairsToHalves } from './permute.ts'

/** What llama.cpp calls a family, and how it wants its weights. */
export type Architecture = {
  readonly name: string
  /** Names of a layer's parts, ours to llama.cpp's. */
  readonly parts: Readonly<Record<string, string>>
  /** Rotated dimensions lie beside each other, see {@link halvesToPairs}. */
  readonly pairs: boolean
  /** Norms multiply by the stored weight, where transformers adds 1 to it first. */
  readonly normsPlusOne: boolean
  /** Biases for which llama.cpp's graph of this family has a place. */
  readonly biases: readonly string[]
}

const PARTS = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
  input_layernorm: 'attn_norm',
  post_attention_layernorm: 'ffn_norm',
} as const

const GEMMA_PARTS = {
  ...PARTS,
  post_attention_layernorm: 'post_attention_norm',
  pre_feedforward_layernorm: 'ffn_norm',
  post_feedforward_layernorm: 'post_ffw_norm',
} as const

const QKV = ['attn_q', 'attn_k', 'attn_v']
const LLAMA: Architecture = {
  name: 'llama',
  parts: PARTS,
  pairs: true,
  normsPlusOne: false,
  biases: [...QKV, 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'],
}
const QWEN: Omit<Architecture, 'name' | 'biases'> = { parts: PARTS, pairs: false, normsPlusOne: false }

/** Names and conventions of llama.cpp's own converter, by our model types; an addition is one entry. */
const ARCHITECTURES: Readonly<Record<(typeof GGUF_FAMILIES)[number], Architecture>> = {
  llama: LLAMA,
  // llama.cpp runs Mistral as a Llama.
  mistral: LLAMA,
  qwen2: { ...QWEN, name: 'qwen2', biases: QKV },
  qwen3: { ...QWEN, name: 'qwen3', biases: [] },
  gemma3_text: { name: 'gemma3', parts: GEMMA_PARTS, pairs: false, normsPlusOne: true, biases: [] },
}

const TOP: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
}

export function architectureOf(modelType: unknown): Architecture {
  if (isGgufFamily(modelType)) return ARCHITECTURES[modelType]
  throw fault(
    'unsupported-model',
    `config.json: model_type is ${shown(modelType)}; as GGUF are written: ${GGUF_FAMILIES.join(', ')}.`,
    { hint: 'Export the merged model instead.' },
  )
}

/** A weight under its GGUF name, with what is to be done to its values on the way there and back. */
export type GgufWeight = {
  /** The model's own name for it. */
  readonly known: string
  readonly name: string
  readonly shape: readonly number[]
  readonly there: (values: Float32Array) => Float32Array<ArrayBuffer> | Float32Array
  readonly back: (values: Float32Array) => Float32Array<ArrayBuffer> | Float32Array
}

const same = (values: Float32Array) => values

/** All weights of a model, in the order in which it names them; `unsupported-model` where llama.cpp has no place for one. */
export function ggufWeights(architecture: Architecture, model: ModelDescription): GgufWeight[] {
  return model.parameters.map(({ name: known, shape }) => {
    const name = ggufName(architecture, known)
    return { known, name, shape, ...conversion(architecture, name, shape, model) }
  })
}

function ggufName({ name, parts, biases }: Architecture, known: string): string {
  const [, module = '', kind = ''] = /^(.+)\.(weight|bias)$/.exec(known) ?? []
  const [, layer, part = ''] = /^model\.layers\.(\d+)\.(.+)$/.exec(module) ?? []
  const own = layer === undefined ? TOP[module] : parts[part]
  if (own !== undefined && (kind === 'weight' || biases.includes(own))) {
    return layer === undefined ? `${own}.${kind}` : `blk.${layer}.${own}.${kind}`
  }
  throw fault('unsupported-model', `tensor "${known}": llama.cpp's ${name} has no place for it.`, {
    hint: 'Export the merged model instead.',
  })
}

function conversion(
  { pairs, normsPlusOne }: Architecture,
  name: string,
  shape: readonly number[],
  { keys }: ModelDescription,
): Pick<GgufWeight, 'there' | 'back'> {
  const { size } = keys
  if (pairs && /\.attn_[qk]\./.test(name)) {
    const heads = (shape[0] as number) / size
    return { there: (x) => halvesToPairs(x, heads, size), back: (x) => pairsToHalves(x, heads, size) }
  }
  if (normsPlusOne && name.endsWith('norm.weight')) {
    return { there: (x) => x.map((value) => value + 1), back: (x) => x.map((value) => value - 1) }
  }
  return { there: same, back: same }
}
