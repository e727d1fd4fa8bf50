import { decodeF16, encodeF16 } from '../dtype.ts'
import { TENSOR_TYPES } from './gguf-format.ts'

const { block: BLOCK, bytes: BLOCK_BYTES } = TENSOR_TYPES.Q8_0

/**
 * ggml's Q8_0 (quantize_row_q8_0_ref): a block of 32 values x is the scale d = max|x| / 127 as float16 and 32 int8
 * q = x / d, rounded to nearest with ties away from zero. q is of the float32 d, as there: the float16 one comes on top.
 */
export function encodeQ8(values: Float32Array): Uint8Array<ArrayBuffer> {
  const blocks = values.length / BLOCK
  const bytes = new Uint8Array(blocks * BLOCK_BYTES)
  const codes = new Int8Array(bytes.buffer)
  const scales = new Float32Array(blocks)
  for (let i = 0; i < blocks; i++) {
    const block = values.subarray(i * BLOCK, (i + 1) * BLOCK)
    const scale = Math.fround(largest(block) / 127)
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale)
    scales[i] = scale
    for (let k = 0; k < BLOCK; k++) {
      codes[i * BLOCK_BYTES + 2 + k] = awayFromZero(Math.fround((block[k] as number) * inverse))
    }
  }
  const halves = encodeF16(scales)
  for (let i = 0; i < blocks; i++) {
    bytes[i * BLOCK_BYTES] = (halves[i] as number) & 0xff
    bytes[i * BLOCK_BYTES + 1] = (halves[i] as number) >>> 8
  }
  return bytes
}

/** The values that Q8_0 blocks stand for: d q in float32. */
export function decodeQ8(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const blocks = bytes.length / BLOCK_BYTES
  const codes = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  const halves = Uint16Array.from({ length: blocks }, (_, i) => {
    const at = i * BLOCK_BYTES
    return (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
  })
  const scales = new Float32Array(blocks)
  decodeF16(halves, scales)
  const values = new Float32Array(blocks * BLOCK)
  for (let i = 0; i < values.length; i++) {
    const block = Math.floor(i / BLOCK)
    values[i] = (scales[block] as number) * (codes[block * BLOCK_BYTES + 2 + (i % BLOCK)] as number)
  }
  return values
}

function largest(values: Float32Array): number {
  let most = 0
  for (const value of values) most = Math.max(most, Math.abs(value))
  return most
}

/** C's roundf; |x| is at most 127 and a little. */
const awayFromZero = (x: number): number => (x < 0 ? -Math.floor(0.5 - x) : Math.floor(x + 0.5))
