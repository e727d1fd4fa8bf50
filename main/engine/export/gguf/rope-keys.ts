import { fault } from '../../../../shared/domain/error.ts'
import { shown } from '../../../../shared/domain/shown.ts'
import type { GgufScalar } from '../../formats/gguf/gguf-format.ts'
import { isJsonObject, type JsonObject } from '../../formats/json-file.ts'
import { ropeOf } from '../../models/rope.ts'

/** What llama.cpp needs to know of a model's rotary embedding: keys without the architecture, and divisors [size / 2]. */
export type RopeKeys = {
  readonly keys: readonly (readonly [string, GgufScalar])[]
  /** What each frequency is divided by (`rope_freqs.weight`); null: nothing. */
  readonly divisors: Float32Array | null
}

type Shape = { readonly modelType: string; readonly size: number; readonly maxPositions: number }

/** transformers' value where config.json has none. */
const THETA = 10_000
const GEMMA_THETA = { global: 1_000_000, local: 10_000 }

const f32 = (value: number): GgufScalar => ({ type: 'f32', value })
const refused = (what: string) =>
  fault('unsupported-model', `config.json: llama.cpp cannot run ${what}, so the model is not written as GGUF.`, {
    hint: 'Export the merged model instead.',
  })

/** Both forms of the settings: rope_parameters of transformers 5, rope_theta and rope_scaling of older versions. */
export function ropeKeys(json: JsonObject, shape: Shape): RopeKeys {
  if (shape.modelType === 'gemma3_text') return gemmaKeys(json, shape)
  const theta = numberOr(json.rope_theta, THETA)
  const settings: JsonObject = { rope_theta: theta, ...objectOf(json.rope_scaling), ...objectOf(json.rope_parameters) }
  if (numberOr(settings.partial_rotary_factor ?? json.partial_rotary_factor, 1) !== 1) {
    throw refused(`${shape.modelType} with a partial rotation`)
  }
  return scaled(settings, shape)
}

/** Local layers have a rotation of their own, which is the same for all Gemma 3 in llama.cpp. */
function gemmaKeys(json: JsonObject, shape: Shape): RopeKeys {
  const byType = objectOf(json.rope_parameters)
  const local = {
    rope_theta: numberOr(json.rope_local_base_freq, GEMMA_THETA.local),
    ...objectOf(byType.sliding_attention),
  }
  if (kindOf(local) !== 'default' || local.rope_theta !== GEMMA_THETA.local) {
    throw refused(`local layers of Gemma 3 with the rotation ${shown(local)}`)
  }
  const theta = numberOr(json.rope_theta, GEMMA_THETA.global)
  const global = { rope_theta: theta, ...objectOf(json.rope_scaling), ...objectOf(byType.full_attention) }
  if (!['default', 'linear'].includes(kindOf(global))) throw refused(`Gemma 3 with RoPE scaling ${kindOf(global)}`)
  const { keys, divisors } = scaled(global, shape)
  return { keys: [...keys, ['rope.freq_base_swa', f32(GEMMA_THETA.local)]], divisors }
}

function scaled(settings: JsonObject, shape: Shape): RopeKeys {
  const kind = kindOf(settings)
  const write = Object.hasOwn(SCALINGS, kind) ? SCALINGS[kind] : undefined
  if (!write) throw refused(`RoPE scaling ${shown(kind)}`)
  const { keys = [], divisors = null } = write(settings, shape)
  return { keys: [['rope.freq_base', f32(numberOr(settings.rope_theta, THETA))], ...keys], divisors }
}

type Scaling = (settings: JsonObject, shape: Shape) => Partial<RopeKeys>

const typeKey = (value: string) => ['rope.scaling.type', { type: 'string', value }] as const
const factorKey = (value: number) => ['rope.scaling.factor', f32(value)] as const

const SCALINGS: Readonly<Record<string, Scaling>> = {
  default: () => ({}),
  linear: ({ factor }) => ({ keys: [typeKey('linear'), factorKey(numberOr(factor, 1))] }),
  yarn: (settings, { maxPositions }) => {
    const odd = ['attention_factor', 'mscale', 'mscale_all_dim'].find((name) => settings[name] != null)
    const { beta_fast: fast, beta_slow: slow, truncate } = settings
    if (odd !== undefined || numberOr(fast, 32) !== 32 || numberOr(slow, 1) !== 1 || truncate === false) {
      throw refused(`YaRN with ${odd ?? 'other ramps than from 32 turns to 1'}`)
    }
    const value = numberOr(settings.original_max_position_embeddings, maxPositions)
    const factor = numberOr(settings.factor, maxPositions / value)
    return {
      keys: [typeKey('yarn'), factorKey(factor), ['rope.scaling.original_context_length', { type: 'u32', value }]],
    }
  },
  // No key says it: the frequencies come with the tensors. Its graphs of other families do not read them.
  llama3: (settings, shape) => {
    if (!['llama', 'mistral'].includes(shape.modelType)) throw refused(`${shape.modelType} with RoPE scaling llama3`)
    const theta = numberOr(settings.rope_theta, THETA)
    const [plain, own] = [{ rope_theta: theta }, settings].map((one) => ropeOf(one, shape, theta).frequencies(1))
    return { divisors: (plain as Float32Array).map((value, k) => value / ((own as Float32Array)[k] as number)) }
  },
}

const kindOf = (settings: JsonObject): string => {
  const kind = settings.rope_type ?? settings.type ?? 'default'
  return typeof kind === 'string' ? kind : shown(kind)
}

// The model was built from these very fields before, so numbers are bounded already.
const numberOr = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)
const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {})
