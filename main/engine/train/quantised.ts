import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterMethod } from '../adapters/adapter.ts'
import { type Node, type Shape, sizeOf, type Variable } from '../ir/graph.ts'
import type { LinearSpec, ModelDescription } from '../models/model.ts'
import { constant, gather, mul, read, reshape, slice, unpackCodes } from '../ops/index.ts'
import { trainedBase } from './trained-base.ts'

/** Weights that share one scale, counted along the array as it is stored (QLoRA, arXiv 2305.14314). */
const BLOCK = 64

/** NormalFloat 4: quantiles of the normal distribution with an exact zero (QLoRA, appendix E). */
const NF4 = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
  -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
]
const NF4_MIDDLES = Float32Array.from({ length: 15 }, (_, i) => ((NF4[i] as number) + (NF4[i + 1] as number)) / 2)

/** How a number in [-1, 1] becomes a code, and what each code stands for. */
type Scheme = {
  readonly bits: 4 | 8
  readonly values: Float32Array
  encode(x: number): number
}

export type Quantisation = Exclude<RunConfig['quantization'], 'none'>

const SCHEMES: Readonly<Record<Quantisation, Scheme>> = {
  nf4: { bits: 4, values: Float32Array.from(NF4), encode: nearestNormalFloat },
  // Codes are unsigned, so zero is 128; 0 is never used.
  int8: {
    bits: 8,
    values: Float32Array.from({ length: 256 }, (_, code) => (code - 128) / 127),
    encode: (x) => Math.round(x * 127) + 128,
  },
}

/** Half of the middles, then half of those: the number of middles below x, in four comparisons. */
function nearestNormalFloat(x: number): number {
  let code = 0
  for (let half = 8; half >= 1; half /= 2) if (x > (NF4_MIDDLES[code + half - 1] as number)) code += half
  return code
}

/** A weight in storage: codes in words of 32 bits, and the largest absolute value of each block. */
export type Packed = { readonly words: Int32Array; readonly absmax: Float32Array }

/** Packs a weight; the last block is filled up with zeros. Ties go to the lower NF4 value, as in bitsandbytes. */
export function quantise(weight: Float32Array, kind: Quantisation): Packed {
  const { bits, encode } = SCHEMES[kind]
  const perWord = 32 / bits
  const blocks = Math.ceil(weight.length / BLOCK)
  const absmax = new Float32Array(blocks)
  const words = new Int32Array((blocks * BLOCK) / perWord)
  for (let block = 0; block < blocks; block++) {
    const values = weight.subarray(block * BLOCK, (block + 1) * BLOCK)
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    absmax[block] = largest
    const inverse = largest === 0 ? 0 : Math.fround(1 / largest)
    for (let i = 0; i < BLOCK; i++) {
      const at = block * BLOCK + i
      const scaled = Math.max(-1, Math.min(1, Math.fround((values[i] ?? 0) * inverse)))
      const word = Math.floor(at / perWord)
      words[word] = (words[word] as number) | (encode(scaled) << (bits * (at % perWord)))
    }
  }
  return { words, absmax }
}

/** The `size` float32 values that a packed weight stands for; bit for bit what the graph computes. */
export function dequantise({ words, absmax }: Packed, kind: Quantisation, size: number): Float32Array {
  const { bits, values } = SCHEMES[kind]
  const perWord = 32 / bits
  return Float32Array.from({ length: size }, (_, i) => {
    const code = ((words[Math.floor(i / perWord)] as number) >>> (bits * (i % perWord))) & (2 ** bits - 1)
    return (values[code] as number) * (absmax[Math.floor(i / BLOCK)] as number)
  })
}

/** A weight as a quantised run sees it. */
export const rounded = (weight: Float32Array, kind: Quantisation): Float32Array =>
  dequantise(quantise(weight, kind), kind, weight.length)

/** A quantised base weight and the two variables that hold it. */
export type QuantisedWeight = {
  readonly name: string
  readonly shape: Shape
  readonly kind: Quantisation
  readonly words: Variable
  readonly absmax: Variable
}

/** The weights that a run holds quantised, by name: those of all linear layers but the head and what is trained whole. */
export function quantisedWeights(
  model: ModelDescription,
  targets: readonly LinearSpec[],
  method: AdapterMethod,
  config: RunConfig,
): ReadonlyMap<string, QuantisedWeight> {
  const { quantization: kind } = config
  if (kind === 'none') return new Map()
  const trained = trainedBase(model, targets, method, config)
  const layers = model.linears.filter(({ head, module }) => !head && !trained.has(`${module}.weight`))
  const names = new Set(layers.map(({ module }) => `${module}.weight`))
  const chosen = model.parameters.filter(({ name }) => names.has(name))
  return new Map(chosen.map(({ name, shape }) => [name, storageOf(name, shape, kind)]))
}

function storageOf(name: string, shape: Shape, kind: Quantisation): QuantisedWeight {
  const blocks = Math.ceil(sizeOf(shape) / BLOCK)
  const words = (blocks * BLOCK * SCHEMES[kind].bits) / 32
  return {
    name,
    shape,
    kind,
    words: { name: `codes/${name}`, dtype: 'int32', shape: [words] },
    absmax: { name: `absmax/${name}`, dtype: 'float32', shape: [blocks, 1] },
  }
}

/** The weight as a node, float32 in the model's shape. */
export function dequantised({ shape, kind, words, absmax }: QuantisedWeight): Node {
  const { bits, values } = SCHEMES[kind]
  const table = constant(values, [values.length])
  const blocks = absmax.shape[0] as number
  const scaled = mul(reshape(gather(table, unpackCodes(read(words), bits)), [blocks, BLOCK]), read(absmax))
  const size = sizeOf(shape)
  const flat = reshape(scaled, [blocks * BLOCK])
  return reshape(size === blocks * BLOCK ? flat : slice(flat, 0, size), shape)
}
