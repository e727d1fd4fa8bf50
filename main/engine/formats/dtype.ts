/** Bytes of one element of every dtype a safetensors file may hold here. */
export const DTYPE_BYTES = {
  F32: 4,
  BF16: 2,
  F16: 2,
  F64: 8,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
} as const
export type Dtype = keyof typeof DTYPE_BYTES

export const isDtype = (value: unknown): value is Dtype =>
  typeof value === 'string' && Object.hasOwn(DTYPE_BYTES, value)

type Floats = 'F32' | 'BF16' | 'F16' | 'F64'
export const isFloat = (dtype: Dtype): dtype is Floats =>
  dtype === 'F32' || dtype === 'BF16' || dtype === 'F16' || dtype === 'F64'

/** Decodes little-endian IEEE half floats into float32 (exact). */
export function decodeF16(from: Uint16Array, to: Float32Array): void {
  halfValues ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfValue(bits))
  for (let i = 0; i < from.length; i++) to[i] = halfValues[from[i] as number] as number
}

/** Rounds float32 to IEEE half, to nearest with ties to even, with subnormals; beyond 65519 becomes infinite. */
export function encodeF16(from: Float32Array): Uint16Array {
  const bits = new Uint32Array(from.buffer, from.byteOffset, from.length)
  const out = new Uint16Array(from.length)
  for (let i = 0; i < bits.length; i++) out[i] = halfBits(bits[i] as number)
  return out
}

let halfValues: Float32Array | undefined

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -24 * fraction
}

function halfBits(b: number): number {
  const sign = (b >>> 16) & 0x8000
  const magnitude = b & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  // From 2^-14 on the half is normal: rebias the exponent (127 - 15), then round away 13 bits.
  if (magnitude >= 0x38800000) return sign | roundedShift(magnitude - 0x38000000, 13)
  const exponent = magnitude >>> 23
  // Below 2^-25 all rounds to zero; 2^-25 itself is a tie to the even zero.
  if (exponent < 102) return sign
  return sign | roundedShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent)
}

/** x / 2^by, to nearest, ties to even. */
function roundedShift(x: number, by: number): number {
  const half = 2 ** (by - 1)
  return (x + half - 1 + ((x >>> by) & 1)) >>> by
}
