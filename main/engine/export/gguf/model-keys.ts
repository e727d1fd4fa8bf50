import { fault } from '../../../../shared/domain/error.ts'
import type { GgufScalar } from '../../formats/gguf/gguf-format.ts'
import type { JsonObject } from '../../formats/json-file.ts'
import { configFields } from '../../models/config-fields.ts'
import type { ModelDescription } from '../../models/model.ts'
import { ropeKeys } from './rope-keys.ts'

export type ModelKeys = {
  /** Keys without the architecture before them. */
  readonly keys: readonly (readonly [string, GgufScalar])[]
  readonly divisors: Float32Array | null
  /** What the user should know of the file. */
  readonly notes: readonly string[]
}

/** Gemma 3's pattern, as llama.cpp has it: of six layers five see a window. */
const GEMMA_PATTERN = 6
/** The one size of Gemma 3 whose scores llama.cpp scales by hidden size over heads. */
const GEMMA_27B_LAYERS = 62

const u32 = (value: number): GgufScalar => ({ type: 'u32', value })
const f32 = (value: number): GgufScalar => ({ type: 'f32', value })

/** Sizes, norms, rotation and windows of a model as llama.cpp reads them; `unsupported-model` for what it would run wrongly. */
export function modelKeys(json: JsonObject, model: ModelDescription): ModelKeys {
  const { modelType, layers, keys, vocabSize, maxPositions } = model
  const shape = sizesOf(model)
  const rope = ropeKeys(json, { modelType, size: keys.size, maxPositions })
  const window = windowOf(json, model, shape)
  const epsilon = configFields(json, modelType).positive('rms_norm_eps', 1, 1e-6)
  const context = Math.min(maxPositions, window.longest ?? maxPositions)
  return {
    keys: [
      ['context_length', u32(context)],
      ['embedding_length', u32(shape.hidden)],
      ['block_count', u32(layers)],
      ['feed_forward_length', u32(shape.intermediate)],
      ['attention.head_count', u32(shape.heads)],
      ['attention.head_count_kv', u32(keys.groups)],
      ['attention.key_length', u32(keys.size)],
      ['attention.value_length', u32(keys.size)],
      ['attention.layer_norm_rms_epsilon', f32(epsilon)],
      ...window.keys,
      ['rope.dimension_count', u32(keys.size)],
      ...rope.keys,
      ['vocab_size', u32(vocabSize)],
    ],
    divisors: rope.divisors,
    notes: context === maxPositions ? [] : [windowNote(context, maxPositions)],
  }
}

const windowNote = (window: number, positions: number) =>
  `llama.cpp has no sliding window for this model: the context length is written as ${window} (the window), not ${positions}.`

type Sizes = { readonly hidden: number; readonly heads: number; readonly intermediate: number }

function sizesOf({ linears, keys }: ModelDescription): Sizes {
  const find = (name: string) => linears.find(({ module }) => module === `model.layers.0.${name}`)
  const [query, gate] = [find('self_attn.q_proj'), find('mlp.gate_proj')]
  if (!query || !gate) throw fault('internal', 'The first layer has no q_proj or gate_proj.')
  return { hidden: query.inFeatures, heads: query.outFeatures / keys.size, intermediate: gate.outFeatures }
}

/** What is to be said of sliding windows, and the longest text for which leaving them out makes no difference. */
function windowOf(json: JsonObject, { modelType, keys, layers }: ModelDescription, { hidden, heads }: Sizes) {
  const fields = configFields({ sliding_window: 4096, ...json }, modelType)
  const window = () => fields.count('sliding_window', 100_000_000)
  if (modelType === 'gemma3_text') {
    const scale = fields.positive('query_pre_attn_scalar', 1e6, 256)
    refuseOddGemma(json, layers, scale, layers === GEMMA_27B_LAYERS ? Math.floor(hidden / heads) : keys.size)
    return { keys: [['attention.sliding_window', u32(window())] as const], longest: null }
  }
  const slides = modelType === 'mistral' ? json.sliding_window !== null : json.use_sliding_window === true
  return { keys: [], longest: slides && json.sliding_window !== null ? window() : null }
}

function refuseOddGemma(json: JsonObject, layers: number, scale: number, expected: number): void {
  const { layer_types: types } = json
  const local = (layer: number) =>
    Array.isArray(types)
      ? types[layer] === 'sliding_attention'
      : (layer + 1) % (Number(json.sliding_window_pattern ?? GEMMA_PATTERN) || GEMMA_PATTERN) !== 0
  const layer = Array.from({ length: layers }, (_, i) => i).find((i) => local(i) !== ((i + 1) % GEMMA_PATTERN !== 0))
  const hint = 'Export the merged model instead.'
  if (layer !== undefined) {
    const message = `config.json: layer ${layer} ${local(layer) ? 'has' : 'has no'} sliding window, llama.cpp gives one to five of six layers.`
    throw fault('unsupported-model', message, { hint })
  }
  if (scale === expected) return
  const message = `config.json: query_pre_attn_scalar is ${scale}, llama.cpp takes ${expected} for a model of this size.`
  throw fault('unsupported-model', message, { hint })
}
