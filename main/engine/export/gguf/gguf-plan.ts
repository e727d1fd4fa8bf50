import { basename } from 'node:path'
import type { GgufDtype } from '../../../../shared/domain/export.ts'
import {
  type GgufMetadata,
  type GgufTensorSpec,
  type GgufType,
  type GgufValue,
  TENSOR_TYPES,
} from '../../formats/gguf/gguf-format.ts'
import { readConfig } from '../../formats/model-folder.ts'
import type { ModelDescription } from '../../models/model.ts'
import { architectureOf, type GgufWeight, ggufWeights } from './architecture.ts'
import { modelKeys } from './model-keys.ts'
import { tokenizerKeys } from './tokenizer-keys.ts'

/** A GGUF file that is to be: its metadata, and where each of its tensors comes from. */
export type GgufPlan = {
  readonly file: string
  readonly metadata: GgufMetadata
  readonly weights: readonly PlannedWeight[]
  /** Tensors that are no weights of the model. */
  readonly extras: readonly (GgufTensorSpec & { readonly values: Float32Array })[]
  readonly notes: readonly string[]
}

export type PlannedWeight = GgufWeight & { readonly type: GgufType }

/** llama.cpp's names of file types (general.file_type), and what matrices are written as. */
const FILE_TYPES = {
  float32: { number: 0, tensor: 'F32' },
  float16: { number: 1, tensor: 'F16' },
  q8_0: { number: 7, tensor: 'Q8_0' },
  bfloat16: { number: 32, tensor: 'BF16' },
} as const satisfies Record<GgufDtype, { number: number; tensor: GgufType }>

/** Version of ggml's quantised blocks. */
const QUANTIZATION_VERSION = 2

type Request = {
  /** Of the model: config.json and the tokenizer's files. */
  readonly folder: string
  readonly model: ModelDescription
  readonly output: string
  readonly dtype: GgufDtype
  readonly chatTemplate: string | null
}

/** Looks at all that llama.cpp must know of a model, before anything is merged; `unsupported-model` where it cannot run it. */
export function ggufPlan({ folder, model, output, dtype, chatTemplate }: Request): GgufPlan {
  const json = readConfig(folder)
  const architecture = architectureOf(model.modelType)
  const name = basename(output)
  const own = modelKeys(json, model)
  const { number, tensor } = FILE_TYPES[dtype]
  const metadata: (readonly [string, GgufValue])[] = [
    ['general.architecture', { type: 'string', value: architecture.name }],
    ['general.type', { type: 'string', value: 'model' }],
    ['general.name', { type: 'string', value: name }],
    ['general.file_type', { type: 'u32', value: number }],
    ['general.quantization_version', { type: 'u32', value: QUANTIZATION_VERSION }],
    ...own.keys.map(([key, value]) => [`${architecture.name}.${key}`, value] as const),
    ...tokenizerKeys(folder, model.vocabSize, chatTemplate),
  ]
  const weights = ggufWeights(architecture, model).map((weight) => ({ ...weight, type: typeFor(weight, tensor) }))
  const divisors = own.divisors && extra('rope_freqs.weight', own.divisors)
  return {
    file: `${fileName(name)}-${tensor}.gguf`,
    metadata: new Map(metadata),
    weights,
    extras: divisors ? [divisors] : [],
    notes: [...own.notes, ...unevenNotes(weights, tensor)],
  }
}

const extra = (name: string, values: Float32Array) => ({ name, shape: [values.length], type: 'F32' as const, values })

/** Vectors stay float32; rows that are no whole blocks are float16, as llama.cpp's own tools do. */
function typeFor({ shape }: GgufWeight, wanted: GgufType): GgufType {
  if (shape.length < 2) return 'F32'
  return (shape.at(-1) as number) % TENSOR_TYPES[wanted].block === 0 ? wanted : 'F16'
}

function unevenNotes(weights: readonly PlannedWeight[], wanted: GgufType): string[] {
  const { block } = TENSOR_TYPES[wanted]
  const uneven = weights.filter(({ shape, type }) => shape.length > 1 && type !== wanted)
  if (uneven.length === 0) return []
  return [`${uneven.length} matrices have rows that are no multiple of ${block}, so they are F16 instead of ${wanted}.`]
}

/** A name for any file system, and one that a Modelfile need not quote. */
const fileName = (name: string): string => name.replace(/[^\w.-]+/g, '-').replace(/^[-.]+/, '') || 'model'
