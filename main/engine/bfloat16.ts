/** Decodes BF16 bits into float32 (exact). */
export function decodeBf16(from: Uint16Array, to: Float32Array): void {
  // int32 on both sides: the loop then compiles to plain integer moves, without conversions from uint32.
  const bits = new Int32Array(to.buffer, to.byteOffset, to.length)
  const whole = from.byteOffset % 4 === 0 ? from.length - (from.length % 8) : 0
  if (whole > 0) decodeWords(new Int32Array(from.buffer, from.byteOffset, whole / 2), bits)
  for (let i = whole; i < from.length; i++) bits[i] = (from[i] as number) << 16
}

/**
 * Words of two values, four at a time: so long a body is not inlined, and what V8's middle compiler inlines it keeps, in code
 * that takes four times as long as its last compiler's.
 */
function decodeWords(words: Int32Array, bits: Int32Array): void {
  for (let w = 0, i = 0; w < words.length; w += 4, i += 8) {
    const [a, b, c, d] = [words[w] as number, words[w + 1] as number, words[w + 2] as number, words[w + 3] as number]
    bits[i] = a << 16
    bits[i + 1] = a & 0xffff0000
    bits[i + 2] = b << 16
    bits[i + 3] = b & 0xffff0000
    bits[i + 4] = c << 16
    bits[i + 5] = c & 0xffff0000
    bits[i + 6] = d << 16
    bits[i + 7] = d & 0xffff0000
  }
}

/** Rounds float32 to BF16, to nearest with ties to even; a NaN stays one (quiet, sign kept), large values become infinite. */
export function encodeBf16(from: Float32Array, out: Uint16Array = new Uint16Array(from.length)): Uint16Array {
  // int32, and sums cut to it, for the reason given above.
  const bits = new Int32Array(from.buffer, from.byteOffset, from.length)
  const pairs = out.byteOffset % 4 === 0 ? bits.length >> 1 : 0
  // Two at once where words can be written: two thirds of the time.
  if (pairs > 0) encodePairs(bits, new Int32Array(out.buffer, out.byteOffset, pairs))
  for (let i = 2 * pairs; i < bits.length; i++) out[i] = rounded(bits[i] as number) >>> 16
  return out
}

function encodePairs(bits: Int32Array, words: Int32Array): void {
  for (let i = 0; i < words.length; i++) {
    const [low, high] = [rounded(bits[2 * i] as number), rounded(bits[2 * i + 1] as number)]
    words[i] = (low >>> 16) | (high & 0xffff0000)
  }
}

/** The bits of a float32, rounded so that the upper half is the nearest BF16. */
const rounded = (b: number): number =>
  (b & 0x7fffffff) > 0x7f800000 ? b | 0x400000 : (b + 0x7fff + ((b >>> 16) & 1)) | 0

/** The nearest BF16 values, as float32. */
export function roundedToBf16(values: Float32Array): Float32Array<ArrayBuffer> {
  const rounded = new Float32Array(values.length)
  decodeBf16(encodeBf16(values), rounded)
  return rounded
}

/** BF16 values two to a 32-bit word, the first in the lower half; the upper half of the last word may be unused. */
export function packBf16(values: Float32Array): Int32Array<ArrayBuffer> {
  const words = new Int32Array(Math.ceil(values.length / 2))
  encodeBf16(values, new Uint16Array(words.buffer, 0, values.length))
  return words
}

/** The first `size` of the values that {@link packBf16} has packed. */
export function unpackBf16(words: Int32Array, size: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(size)
  decodeBf16(new Uint16Array(words.buffer, words.byteOffset, size), values)
  return values
}
