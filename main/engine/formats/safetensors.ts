import { closeSync, fstatSync, openSync } from 'node:fs'
import { fault } from '../../../shared/domain/error.ts'
import { decodeBf16, encodeBf16 } from '../bfloat16.ts'
import { floatsToFeed, intsToFeed } from '../fed-arrays.ts'
import { DTYPE_BYTES, type Dtype, decodeF16, isFloat } from './dtype.ts'
import { manyFaults, onFile } from './file-fault.ts'
import { fill } from './fill-bytes.ts'
import { withPieceMemory } from './piece-memory.ts'
import { readHeader, type SafetensorsHeader, type TensorInfo } from './safetensors-header.ts'

export type { TensorInfo } from './safetensors-header.ts'

/** An open safetensors file; only its header is in memory. */
export type SafetensorsFile = SafetensorsHeader & {
  readonly path: string
  /**
   * Values of a F32, BF16, F16 or F64 tensor as float32; `bad-tensor` for an unknown name or another dtype. With `into`
   * they are written there, and that is what comes back.
   */
  readonly readFloat32: (name: string, into?: Float32Array) => Float32Array
  /** Values of such a tensor as BF16, two to a 32-bit word; those of a BF16 tensor as they are in the file. `into` as above. */
  readonly readBf16: (name: string, into?: Int32Array) => Int32Array
  /**
   * Gives the values of such a tensor as float32, piece by piece in memory that is used again; `at` is the number of values
   * before the piece, a multiple of 64.
   */
  readonly readPieces: (name: string, use: UsePiece) => void
  /** The bytes of a tensor as they are in the file. */
  readonly readRaw: (name: string) => Uint8Array<ArrayBuffer>
  readonly close: () => void
}

export type UsePiece = (values: Float32Array, at: number) => void

const maxHeaderBytes = 100_000_000

/** Opens a file and checks its header; `bad-file` faults name the tensor, what was got and what was wanted. */
export function openSafetensors(path: string): SafetensorsFile {
  const fd = onFile(path, () => openSync(path, 'r'))
  try {
    const { json, dataStart, fileBytes } = onFile(path, () => readJson(fd, path))
    const header = readHeader(path, json, dataStart, fileBytes)
    const known = (name: string) => header.tensors.get(name) ?? unknownTensor(path, name)
    return {
      ...header,
      path,
      readFloat32: (name, into) => onFile(path, () => readFloats(fd, path, name, known(name), into)),
      readBf16: (name, into) => onFile(path, () => readPacked(fd, path, name, known(name), into)),
      readPieces: (name, use) => onFile(path, () => eachPiece(fd, path, name, known(name), use)),
      readRaw: (name) => onFile(path, () => readBytes(fd, path, name, known(name))),
      close: () => closeSync(fd),
    }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function readJson(fd: number, path: string): { json: unknown; dataStart: number; fileBytes: number } {
  const fileBytes = fstatSync(fd).size
  const complain = (what: string) =>
    manyFaults('bad-file', path, [what], 'Is this a safetensors file, and was it copied or downloaded completely?')
  if (fileBytes < 8) throw complain(`the file has ${fileBytes} bytes, a safetensors file has at least 8`)
  const prefix = new Uint8Array(8)
  fill(fd, path, prefix, 0)
  const headerBytes = Number(new DataView(prefix.buffer).getBigUint64(0, true))
  if (headerBytes > maxHeaderBytes)
    throw complain(`the header would take ${headerBytes} bytes, at most ${maxHeaderBytes} are read`)
  if (headerBytes + 8 > fileBytes) {
    throw complain(`the header ends at byte ${headerBytes + 8}, the file has ${fileBytes} bytes: it is truncated`)
  }
  const text = new Uint8Array(headerBytes)
  fill(fd, path, text, 8)
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
    return { json, dataStart: 8 + headerBytes, fileBytes }
  } catch {
    throw complain('the header is not valid JSON')
  }
}

function readFloats(fd: number, path: string, name: string, info: TensorInfo, into?: Float32Array): Float32Array {
  const { dtype, begin, end } = info
  const count = countFloats(path, name, info)
  const values = whole(into, count, name) ?? allocate(path, name, () => floatsToFeed(count))
  if (dtype === 'F32') fill(fd, path, new Uint8Array(values.buffer, values.byteOffset, end - begin), begin)
  else inPieces(fd, path, info, (bytes, at) => void decode(dtype, bytes, values.subarray(at)))
  return values
}

function readPacked(fd: number, path: string, name: string, info: TensorInfo, into?: Int32Array): Int32Array {
  const { dtype, begin, end } = info
  const count = countFloats(path, name, info)
  const words = whole(into, Math.ceil(count / 2), name) ?? allocate(path, name, () => intsToFeed(Math.ceil(count / 2)))
  const bits = new Uint16Array(words.buffer, words.byteOffset, count)
  // Memory that is lent may have anything in it, also where there is no value.
  if (count % 2 === 1) words[words.length - 1] = 0
  if (dtype === 'BF16') fill(fd, path, new Uint8Array(bits.buffer, bits.byteOffset, end - begin), begin)
  else eachPiece(fd, path, name, info, (values, at) => encodeBf16(values, bits.subarray(at, at + values.length)))
  return words
}

/** As `readPieces` promises. */
function eachPiece(fd: number, path: string, name: string, info: TensorInfo, use: UsePiece): void {
  countFloats(path, name, info)
  inPieces(fd, path, info, (bytes, at, memory) => use(floatsOf(info.dtype, bytes, memory), at))
}

/** The values of a piece: its own bytes where they are float32, else decoded into the first of `memory`. */
function floatsOf(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>, memory: Float32Array): Float32Array {
  if (dtype === 'F32') return new Float32Array(bytes.buffer, 0, bytes.length / 4)
  return decode(dtype, bytes, memory)
}

/** Number of values of a tensor of floats. */
function countFloats(path: string, name: string, { dtype, begin, end }: TensorInfo): number {
  if (isFloat(dtype)) return (end - begin) / DTYPE_BYTES[dtype]
  throw fault('bad-tensor', `${path}: tensor "${name}" is ${dtype}, wanted F32, BF16, F16 or F64.`, {
    hint: 'Quantised and integer weights are not supported; use the unquantised model.',
  })
}

/** The array that was given to be filled, which must have the tensor's size. */
function whole<T extends Float32Array | Int32Array>(into: T | undefined, count: number, name: string): T | undefined {
  if (into === undefined || into.length === count) return into
  throw fault('internal', `tensor "${name}" has ${count} values (or words), the array for it has ${into.length}`)
}

/** Reads a tensor piece by piece; `at` is the number of values before the piece, `memory` has room for them as float32. */
function inPieces(
  fd: number,
  path: string,
  { dtype, begin, end }: TensorInfo,
  use: (bytes: Uint8Array<ArrayBuffer>, at: number, memory: Float32Array) => void,
): void {
  withPieceMemory(({ bytes: all, values }) => {
    for (let at = begin; at < end; at += all.length) {
      const bytes = all.subarray(0, Math.min(all.length, end - at))
      fill(fd, path, bytes, at)
      use(bytes, (at - begin) / DTYPE_BYTES[dtype], values)
    }
  })
}

/** Decodes a piece into the first values of `into`, which are what comes back. */
function decode(dtype: Dtype, { buffer, length }: Uint8Array<ArrayBuffer>, into: Float32Array): Float32Array {
  const count = length / DTYPE_BYTES[dtype]
  const values = into.subarray(0, count)
  if (dtype === 'F64') values.set(new Float64Array(buffer, 0, count))
  else if (dtype === 'BF16') decodeBf16(new Uint16Array(buffer, 0, count), values)
  else decodeF16(new Uint16Array(buffer, 0, count), values)
  return values
}

function readBytes(fd: number, path: string, name: string, { begin, end }: TensorInfo): Uint8Array<ArrayBuffer> {
  const bytes = allocate(path, name, () => new Uint8Array(end - begin))
  fill(fd, path, bytes, begin)
  return bytes
}

/** Fills the array from a position of the file, however many reads that takes. */
function allocate<T>(path: string, name: string, make: () => T): T {
  try {
    return make()
  } catch {
    throw fault('out-of-memory', `${path}: tensor "${name}" does not fit into memory.`, {
      hint: 'Close other programs or use a smaller model.',
    })
  }
}

function unknownTensor(path: string, name: string): never {
  throw fault('bad-tensor', `${path}: there is no tensor "${name}".`, { hint: 'Is this the file of another model?' })
}
