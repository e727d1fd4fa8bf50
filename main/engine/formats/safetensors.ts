import { closeSync, fstatSync, openSync } from 'node:fs'
import { fault } from '../../../shared/domain/error.ts'
import { decodeBf16, packBf16 } from '../bfloat16.ts'
import { floatsToFeed, intsToFeed } from '../fed-arrays.ts'
import { DTYPE_BYTES, decodeF16, isFloat } from './dtype.ts'
import { manyFaults, onFile } from './file-fault.ts'
import { fill } from './fill-bytes.ts'
import { readHeader, type SafetensorsHeader, type TensorInfo } from './safetensors-header.ts'

export type { TensorInfo } from './safetensors-header.ts'

/** An open safetensors file; only its header is in memory. */
export type SafetensorsFile = SafetensorsHeader & {
  readonly path: string
  /** Values of a F32, BF16, F16 or F64 tensor as float32; `bad-tensor` for an unknown name or another dtype. */
  readonly readFloat32: (name: string) => Float32Array<ArrayBuffer>
  /** Values of such a tensor as BF16, two to a 32-bit word; those of a BF16 tensor as they are in the file. */
  readonly readBf16: (name: string) => Int32Array<ArrayBuffer>
  /** The bytes of a tensor as they are in the file. */
  readonly readRaw: (name: string) => Uint8Array<ArrayBuffer>
  readonly close: () => void
}

const maxHeaderBytes = 100_000_000
/** Small enough to stay in the second-level cache between reading and decoding. */
const chunkBytes = 1 << 18

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
      readFloat32: (name) => onFile(path, () => readFloats(fd, path, name, known(name))),
      readBf16: (name) => onFile(path, () => readPacked(fd, path, name, known(name))),
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

function readFloats(fd: number, path: string, name: string, info: TensorInfo): Float32Array<ArrayBuffer> {
  const { dtype, begin, end } = info
  if (!isFloat(dtype)) {
    throw fault('bad-tensor', `${path}: tensor "${name}" is ${dtype}, wanted F32, BF16, F16 or F64.`, {
      hint: 'Quantised and integer weights are not supported; use the unquantised model.',
    })
  }
  const values = allocate(path, name, () => floatsToFeed((end - begin) / DTYPE_BYTES[dtype]))
  if (dtype === 'F32') {
    fill(fd, path, new Uint8Array(values.buffer, values.byteOffset, end - begin), begin)
    return values
  }
  const decode = dtype === 'BF16' ? decodeBf16 : decodeF16
  const scratch = new Uint8Array(Math.min(chunkBytes, end - begin))
  const size = DTYPE_BYTES[dtype]
  for (let at = begin; at < end; at += scratch.length) {
    const bytes = scratch.subarray(0, Math.min(scratch.length, end - at))
    fill(fd, path, bytes, at)
    const into = values.subarray((at - begin) / size, (at - begin + bytes.length) / size)
    if (dtype === 'F64') into.set(new Float64Array(bytes.buffer, 0, into.length))
    else decode(new Uint16Array(bytes.buffer, 0, into.length), into)
  }
  return values
}

function readPacked(fd: number, path: string, name: string, info: TensorInfo): Int32Array<ArrayBuffer> {
  if (info.dtype !== 'BF16') return packBf16(readFloats(fd, path, name, info))
  const { begin, end } = info
  const words = allocate(path, name, () => intsToFeed(Math.ceil((end - begin) / 4)))
  fill(fd, path, new Uint8Array(words.buffer, words.byteOffset, end - begin), begin)
  return words
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
