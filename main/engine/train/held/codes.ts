import type { RunConfig } from '../../../../shared/domain/run-config.ts'

/** Weights that share one scale, counted along the array as it is stored (QLoRA, arXiv 2305.14314). */
export const BLOCK = 64

/** NormalFloat 4: quantiles of the normal distribution with an exact zero (QLoRA, appendix E). */
const NF4 = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
  -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
]
const NF4_MIDDLES = Float32Array.from({ length: 15 }, (_, i) => ((NF4[i] as number) + (NF4[i + 1] as number)) / 2)

/** What a code has bits for, what each code stands for, and how the numbers in {@link scaled} become words of codes. */
type Scheme = {
  readonly bits: 4 | 8
  readonly values: Float32Array
  encode(words: Int32Array, at: number): void
}

export type Quantisation = Exclude<RunConfig['quantization'], 'none'>

export const SCHEMES: Readonly<Record<Quantisation, Scheme>> = {
  nf4: { bits: 4, values: Float32Array.from(NF4), encode: encodeNormalFloats },
  // Codes are unsigned, so zero is 128; 0 is never used.
  int8: { bits: 8, values: Float32Array.from({ length: 256 }, (_, code) => (code - 128) / 127), encode: encodeBytes },
}

/** The block that is being packed, by its scale in [-1, 1] (rounding may pass the ends by one step), and the bits of that. */
const scaled = new Float32Array(BLOCK)
const scaledBits = new Int32Array(scaled.buffer)

/** Lower bits of a float32 that tell numbers apart which share a place in the table: the other 12 name the place. */
const LOW = 20
const LOW_MASK = 2 ** LOW - 1

/** The bits of a float32 in an order that is that of the numbers, as int32. */
const inOrder = (bits: number): number => bits ^ ((bits >> 31) >>> 1)

/**
 * For each upper 12 bits the number of middles below, above the 20 bits of what makes the lower bits carry where they are
 * beyond the one middle in between. A number's code is then one look-up, one addition and one shift.
 */
const NF4_PLACES = Int32Array.from({ length: 2 ** (32 - LOW) }, (_, place) => {
  const begin = place << LOW
  const middles = Array.from(new Int32Array(NF4_MIDDLES.buffer), inOrder)
  const inside = middles.find((middle) => middle >> LOW === begin >> LOW)
  const carry = inside === undefined ? 0 : LOW_MASK - (inside & LOW_MASK)
  return (middles.filter((middle) => middle < begin).length << LOW) + carry
})

/** How many middles lie below number `i` of the block: ties go to the lower value, as in bitsandbytes. */
function normalFloat(i: number): number {
  const bits = inOrder(scaledBits[i] as number)
  return ((NF4_PLACES[bits >>> LOW] as number) + (bits & LOW_MASK)) >>> LOW
}

function encodeNormalFloats(words: Int32Array, at: number): void {
  for (let i = 0, w = at; i < BLOCK; i += 8, w++) {
    const lower = normalFloat(i) | (normalFloat(i + 1) << 4) | (normalFloat(i + 2) << 8) | (normalFloat(i + 3) << 12)
    const upper =
      normalFloat(i + 4) | (normalFloat(i + 5) << 4) | (normalFloat(i + 6) << 8) | (normalFloat(i + 7) << 12)
    words[w] = lower | (upper << 16)
  }
}

/** To the nearest of 127 steps, ties up; the sum is positive, so cutting it rounds down. */
const byte = (i: number): number => ((scaled[i] as number) * 127 + 128.5) | 0

function encodeBytes(words: Int32Array, at: number): void {
  for (let i = 0, w = at; i < BLOCK; i += 4, w++) {
    words[w] = byte(i) | (byte(i + 1) << 8) | (byte(i + 2) << 16) | (byte(i + 3) << 24)
  }
}

/** Arrays for a packed weight: codes in words of 32 bits, and the largest absolute value of each block. */
export type Packed = { readonly words: Int32Array; readonly absmax: Float32Array }

/** Words of codes that one block takes. */
export const wordsOfBlock = (kind: Quantisation): number => (BLOCK * SCHEMES[kind].bits) / 32

/**
 * Packs a weight, or a piece of one that begins with a block, into the first words and scales; the last block is filled up
 * with zeros. A scale is no finite number where one of its weights is not.
 */
export function quantise(weight: Float32Array, kind: Quantisation, { words, absmax }: Packed): void {
  const rest = weight.length % BLOCK
  const whole = weight.length - rest
  encodeBlocks(weight.subarray(0, whole), kind, { words, absmax })
  if (rest === 0) return
  const last = new Float32Array(BLOCK)
  last.set(weight.subarray(whole))
  const block = whole / BLOCK
  encodeBlocks(last, kind, { words: words.subarray(block * wordsOfBlock(kind)), absmax: absmax.subarray(block) })
}

function encodeBlocks(weight: Float32Array, kind: Quantisation, { words, absmax }: Packed): void {
  const { encode } = SCHEMES[kind]
  const step = wordsOfBlock(kind)
  const bits = new Int32Array(weight.buffer, weight.byteOffset, weight.length)
  const scaleBits = new Int32Array(absmax.buffer, absmax.byteOffset, absmax.length)
  for (let at = 0, block = 0; at < weight.length; at += BLOCK, block++) {
    scaleBits[block] = largestOf(bits, at)
    scaleBlock(weight, at, inverseOf(absmax[block] as number))
    encode(words, block * step)
  }
}

/**
 * Bits of the largest absolute value of a block: without signs they are in the order of the numbers. Two chains of
 * maxima without a branch, as each waits for the one before it and a branch is often foretold wrongly.
 */
function largestOf(bits: Int32Array, begin: number): number {
  let [even, odd] = [0, 0]
  for (let i = begin; i < begin + BLOCK; i += 2) {
    even = larger(even, (bits[i] as number) & 0x7fffffff)
    odd = larger(odd, (bits[i + 1] as number) & 0x7fffffff)
  }
  return larger(even, odd)
}

/** The larger of two int32 that are not negative. */
function larger(a: number, b: number): number {
  const more = (b - a) | 0
  return (a + (more & ~(more >> 31))) | 0
}

/** What a block is multiplied by. Below 1e-38, where the inverse leaves float32, bitsandbytes takes that for the scale. */
const inverseOf = (scale: number): number => Math.fround(1 / Math.max(scale, LEAST_SCALE))
const LEAST_SCALE = Math.fround(1e-38)

function scaleBlock(weight: Float32Array, begin: number, inverse: number): void {
  for (let i = 0, at = begin; i < BLOCK; i += 4, at += 4) {
    scaled[i] = (weight[at] as number) * inverse
    scaled[i + 1] = (weight[at + 1] as number) * inverse
    scaled[i + 2] = (weight[at + 2] as number) * inverse
    scaled[i + 3] = (weight[at + 3] as number) * inverse
  }
}

/** The `size` float32 values that a packed weight stands for. */
export function dequantise({ words, absmax }: Packed, kind: Quantisation, size: number): Float32Array<ArrayBuffer> {
  const { bits, values } = SCHEMES[kind]
  const out = new Float32Array(size)
  const [perWord, mask] = [32 / bits, 2 ** bits - 1]
  const shift = 31 - Math.clz32(perWord)
  for (let i = 0; i < size; i++) {
    const code = ((words[i >>> shift] as number) >>> (bits * (i & (perWord - 1)))) & mask
    out[i] = (values[code] as number) * (absmax[i >>> 6] as number)
  }
  return out
}
