import { type ConfigFields, configFields, unsupported } from './config-fields.ts'
import type { DecoderConfig } from './decoder.ts'
import { paddingRow } from './embedding.ts'
import { type Rope, ropeOf } from './rope.ts'
import { tokenDropout } from './task-head.ts'

type Json = Readonly<Record<string, unknown>>

/** What config.json says in the same words for every decoder of Llama's kind, and what transformers assumes without it. */
export type DecoderDefaults = {
  readonly modelType: string
  readonly maxPositions: number
  readonly tied: boolean
  /** Width of a head where config.json does not say; undefined: hidden_size / heads. */
  readonly size?: number
  /** Id of the padding token where config.json has none. */
  readonly padding?: number
  /** Added under the root of the norms where config.json does not say; undefined: 1e-6. */
  readonly epsilon?: number
  readonly activation?: { readonly field: string; readonly name: string }
}

export type DecoderBasics = Pick<
  DecoderConfig,
  | 'modelType'
  | 'vocab'
  | 'hidden'
  | 'intermediate'
  | 'heads'
  | 'groups'
  | 'size'
  | 'epsilon'
  | 'tied'
  | 'maxPositions'
  | 'paddingRow'
  | 'dropouts'
  | 'tokenDropout'
> & { readonly fields: ConfigFields; readonly layerCount: number }

/** Reads and bounds the common fields. */
export function decoderBasics(json: Json, defaults: DecoderDefaults): DecoderBasics {
  const { modelType, activation = { field: 'hidden_act', name: 'silu' } } = defaults
  const fields = configFields(json, modelType)
  const hidden = fields.count('hidden_size', 65_536)
  const heads = fields.count('num_attention_heads', 1024)
  const groups = fields.count('num_key_value_heads', 1024, heads)
  const act = fields.text(activation.field, activation.name)
  if (act !== activation.name) throw unsupported(modelType, `${activation.field} ${act}`)
  if (heads % groups !== 0) throw unsupported(modelType, `${heads} query heads over ${groups} key heads`)
  const size = fields.count('head_dim', 4096, defaults.size ?? Math.floor(hidden / heads))
  if (size % 2 !== 0) throw unsupported(modelType, `an odd head_dim (${size})`)
  const vocab = fields.count('vocab_size', 4_000_000)
  return {
    modelType,
    fields,
    vocab,
    paddingRow: paddingRow(json, vocab, defaults.padding),
    hidden,
    intermediate: fields.count('intermediate_size', 1_000_000),
    layerCount: fields.count('num_hidden_layers', 1000),
    heads,
    groups,
    size,
    epsilon: fields.positive('rms_norm_eps', 1, defaults.epsilon ?? 1e-6),
    tied: fields.flag('tie_word_embeddings', defaults.tied),
    maxPositions: fields.count('max_position_embeddings', 100_000_000, defaults.maxPositions),
    dropouts: { attention_dropout: fields.rate('attention_dropout', 0) },
    tokenDropout: tokenDropout(fields),
  }
}

/** The one rotary embedding of a model; transformers 5 writes rope_parameters, older versions rope_theta and rope_scaling. */
export function modelRope(json: Json, { fields, ...shape }: DecoderBasics, theta: number, extra: Json = {}): Rope {
  const old = { rope_theta: json.rope_theta, partial_rotary_factor: json.partial_rotary_factor }
  const given = { ...defined(old), ...fields.object('rope_scaling'), ...fields.object('rope_parameters') }
  return ropeOf({ ...extra, ...given }, shape, theta)
}

const defined = (values: Json): Json =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null))

/** Window of each layer, from layer_types or from the rule `slides` where config.json has none. */
export function layerWindows(
  json: Json,
  { fields, modelType, layerCount }: DecoderBasics,
  slides: (layer: number) => boolean,
): (number | null)[] {
  const listed = json.layer_types
  const types = Array.isArray(listed)
    ? listed
    : Array.from({ length: layerCount }, (_, i) => (slides(i) ? 'sliding_attention' : 'full_attention'))
  const known = ['sliding_attention', 'full_attention']
  if (types.length !== layerCount || types.some((type) => !known.includes(type))) {
    throw unsupported(modelType, `layer_types that are not ${layerCount} of ${known.join(' or ')}`)
  }
  return types.map((type) => (type === 'sliding_attention' ? fields.count('sliding_window', 100_000_000, 4096) : null))
}

/** The config of a decoder whose layers are all alike. */
export function plainDecoder(
  basics: DecoderBasics,
  rope: Rope,
  windows: readonly (number | null)[],
  differences: Partial<Pick<DecoderConfig, 'biases' | 'headNorms' | 'fused' | 'dropouts'>> = {},
): DecoderConfig {
  const { fields, layerCount, ...rest } = basics
  return {
    ...rest,
    layers: windows.map((window) => ({ rope, window })),
    biases: { qkv: false, output: false, mlp: false },
    headNorms: false,
    gemma: false,
    fused: false,
    attentionScale: 1 / Math.sqrt(basics.size),
    ...differences,
  }
}
