import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import { type Node, type Shape, sizeOf, type Variable } from '../../ir/graph.ts'
import { after, constant, gather, halfWords, mul, read, reshape, slice } from '../../ops/index.ts'
import type { HeldWeight } from './held-weight.ts'

/** Weights that share one scale, counted along the array as it is stored (QLoRA, arXiv 2305.14314). */
const BLOCK = 64

/** NormalFloat 4: quantiles of the normal distribution with an exact zero (QLoRA, appendix E). */
const NF4 = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
  -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
]
const NF4_MIDDLES = Float32Array.from({ length: 15 }, (_, i) => ((NF4[i] as number) + (NF4[i + 1] as number)) / 2)

/** How numbers become codes, and what each code stands for. */
type Scheme = {
  readonly bits: 4 | 8
  readonly values: Float32Array
  /** Packs a weight into words of codes, its blocks divided by their scales. */
  encode(weight: Float32Array, absmax: Float32Array, words: Int32Array): void
}

export type Quantisation = Exclude<RunConfig['quantization'], 'none'>

const SCHEMES: Readonly<Record<Quantisation, Scheme>> = {
  nf4: { bits: 4, values: Float32Array.from(NF4), encode: encodeNormalFloats },
  // Codes are unsigned, so zero is 128; 0 is never used.
  int8: { bits: 8, values: Float32Array.from({ length: 256 }, (_, code) => (code - 128) / 127), encode: encodeBytes },
}

/** Number of middles below the beginning of each 32nd of [-1, 1]; none holds two. */
const NF4_BELOW = Int32Array.from({ length: 65 }, (_, i) => NF4_MIDDLES.filter((middle) => middle < i / 32 - 1).length)

// A loop for each scheme: a quarter of the time that a loop with a function for each number takes.
function encodeNormalFloats(weight: Float32Array, absmax: Float32Array, words: Int32Array): void {
  for (let w = 0; w < words.length; w++) {
    const inverse = inverseOf(absmax[w >>> 3] as number)
    let word = 0
    for (let i = 0; i < 8; i++) {
      const x = scaled(weight, 8 * w + i, inverse)
      const below = NF4_BELOW[((x + 1) * 32) | 0] as number
      word |= (x > (NF4_MIDDLES[below] as number) ? below + 1 : below) << (4 * i)
    }
    words[w] = word
  }
}

function encodeBytes(weight: Float32Array, absmax: Float32Array, words: Int32Array): void {
  for (let w = 0; w < words.length; w++) {
    const inverse = inverseOf(absmax[w >>> 4] as number)
    let word = 0
    for (let i = 0; i < 4; i++) word |= (Math.round(scaled(weight, 4 * w + i, inverse) * 127) + 128) << (8 * i)
    words[w] = word
  }
}

const inverseOf = (scale: number): number => (scale === 0 ? 0 : Math.fround(1 / scale))

/** A number by its block's scale, in [-1, 1]; behind the end zero. */
const scaled = (weight: Float32Array, at: number, inverse: number): number =>
  at < weight.length ? Math.max(-1, Math.min(1, Math.fround((weight[at] as number) * inverse))) : 0

/** A weight in storage: codes in words of 32 bits, and the largest absolute value of each block. */
export type Packed = { readonly words: Int32Array; readonly absmax: Float32Array }

/** Packs a weight; the last block is filled up with zeros. Ties go to the lower NF4 value, as in bitsandbytes. */
export function quantise(weight: Float32Array, kind: Quantisation): Packed {
  const { bits, encode } = SCHEMES[kind]
  const absmax = scalesOf(weight)
  const words = new Int32Array((absmax.length * BLOCK * bits) / 32)
  encode(weight, absmax, words)
  return { words, absmax }
}

/** The largest absolute value of each block. */
function scalesOf(weight: Float32Array): Float32Array {
  const scales = new Float32Array(Math.ceil(weight.length / BLOCK))
  for (let block = 0; block < scales.length; block++) {
    const end = Math.min((block + 1) * BLOCK, weight.length)
    let largest = 0
    for (let i = block * BLOCK; i < end; i++) largest = Math.max(largest, Math.abs(weight[i] as number))
    scales[block] = largest
  }
  return scales
}

/** The `size` float32 values that a packed weight stands for. */
export function dequantise({ words, absmax }: Packed, kind: Quantisation, size: number): Float32Array {
  const { bits, values } = SCHEMES[kind]
  const perWord = 32 / bits
  return Float32Array.from({ length: size }, (_, i) => {
    const code = ((words[Math.floor(i / perWord)] as number) >>> (bits * (i % perWord))) & (2 ** bits - 1)
    return (values[code] as number) * (absmax[Math.floor(i / BLOCK)] as number)
  })
}

/** A weight held as codes and scales. Rows can be had singly where they are made of whole blocks. */
export function asCodes(name: string, shape: Shape, kind: Quantisation): HeldWeight {
  const size = sizeOf(shape)
  const blocks = Math.ceil(size / BLOCK)
  const words: Variable = { name: `codes/${name}`, dtype: 'int32', shape: [(blocks * BLOCK * SCHEMES[kind].bits) / 32] }
  const absmax: Variable = { name: `absmax/${name}`, dtype: 'float32', shape: [blocks, 1] }
  const [codes, scales] = [read(words), read(absmax)]
  const whole = (gate: Node | null) => {
    const flat = unpacked(gate ? after(codes, gate) : codes, scales, kind)
    return reshape(size === blocks * BLOCK ? flat : slice(flat, 0, size), shape)
  }
  return {
    name,
    shape,
    kind,
    variables: [words, absmax],
    pack: (weight) => {
      const packed = quantise(weight, kind)
      return [packed.words, packed.absmax]
    },
    seen: (weight) => dequantise(quantise(weight, kind), kind, weight.length),
    whole,
    rows: (ids) => (hasWholeRows(shape) ? rowsOf(codes, scales, shape, kind, ids) : gather(whole(ids), ids)),
  }
}

/** Whether no block reaches from one row into the next. */
export const hasWholeRows = (shape: Shape): boolean => shape.length === 2 && (shape[1] as number) % BLOCK === 0

/** Gathers codes and scales, and unpacks only those. */
function rowsOf(codes: Node, scales: Node, shape: Shape, kind: Quantisation, ids: Node): Node {
  const [rows, width] = shape as [number, number]
  const count = ids.shape[0] as number
  const chosen = (x: Node) => gather(reshape(x, [rows, sizeOf(x.shape) / rows]), ids)
  const ownCodes = chosen(codes)
  const ownScales = reshape(chosen(scales), [(count * width) / BLOCK, 1])
  return reshape(unpacked(reshape(ownCodes, [sizeOf(ownCodes.shape)]), ownScales, kind), [count, width])
}

/** All values of words [n] with one scale for each block [blocks, 1], flat. */
function unpacked(words: Node, scales: Node, kind: Quantisation): Node {
  const blocks = scales.shape[0] as number
  const values = gather(tableOf(kind), halfWords(words))
  return reshape(mul(reshape(values, [blocks, BLOCK]), scales), [blocks * BLOCK])
}

/**
 * What the codes in 16 bits stand for, for all 65,536 of them: two or four values are then one look-up, which is what
 * makes unpacking cost a few passes over the codes and not over single bits.
 */
function tableOf(kind: Quantisation): Node {
  const known = tables.get(kind)
  if (known) return known
  const { bits, values } = SCHEMES[kind]
  const each = 16 / bits
  const table = Float32Array.from({ length: 65_536 * each }, (_, i) => {
    const code = (Math.floor(i / each) >>> (bits * (i % each))) & (2 ** bits - 1)
    return values[code] as number
  })
  const node = constant(table, [65_536, each])
  tables.set(kind, node)
  return node
}

/** One node for all weights, so that a graph holds each table once. */
const tables = new Map<Quantisation, Node>()
