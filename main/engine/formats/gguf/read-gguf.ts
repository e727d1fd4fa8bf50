import { closeSync, openSync } from 'node:fs'
import { decodeBf16 } from '../../bfloat16.ts'
import { decodeF16 } from '../dtype.ts'
import { onFile } from '../file-fault.ts'
import { fill } from '../fill-bytes.ts'
import { type ByteReader, byteReader } from './byte-reader.ts'
import {
  aligned,
  dataBytes,
  type GgufTensorSpec,
  type GgufType,
  type GgufValue,
  MAGIC,
  MAX_DIMS,
  TENSOR_TYPES,
  VALUE_TYPES,
  VERSION,
} from './gguf-format.ts'
import { decodeQ8 } from './q8-0.ts'

/** An open GGUF file of the kinds written here; only its header is in memory. */
export type GgufFile = {
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, GgufTensorSpec>
  /** Values of a tensor as float32. */
  readonly readFloat32: (name: string) => Float32Array<ArrayBuffer>
  readonly close: () => void
}

const limits = { keys: 10_000, tensors: 1_000_000, values: 10_000_000, dim: 2 ** 40 }

/** Opens a file and checks its header; `bad-file` faults say what was got and what was wanted. */
export function openGguf(path: string): GgufFile {
  const fd = onFile(path, () => openSync(path, 'r'))
  try {
    const { metadata, tensors, begins } = onFile(path, () => readHeader(byteReader(fd, path)))
    return {
      metadata,
      tensors,
      readFloat32: (name) => {
        const tensor = tensors.get(name)
        const begin = begins.get(name)
        if (!tensor || begin === undefined) throw new Error(`${path}: there is no tensor "${name}".`)
        const bytes = new Uint8Array(dataBytes(tensor))
        onFile(path, () => fill(fd, path, bytes, begin))
        return decoders[tensor.type](bytes)
      },
      close: () => closeSync(fd),
    }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function readHeader(file: ByteReader) {
  const magic = file.u32()
  if (magic !== MAGIC) throw file.complain(`it begins with 0x${magic.toString(16)}, a GGUF file with 0x46554747`)
  const version = file.u32()
  if (version !== VERSION) throw file.complain(`its version is ${version}, wanted ${VERSION}`)
  const tensorCount = file.u64('the number of tensors', limits.tensors)
  const keyCount = file.u64('the number of keys', limits.keys)
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < keyCount; i++) metadata.set(file.string(), readValue(file, file.u32()))
  const entries = Array.from({ length: tensorCount }, () => readEntry(file))
  const start = aligned(file.at())
  const begins = new Map(entries.map(({ spec, offset }) => [spec.name, start + offset]))
  const outside = entries.find(({ spec, offset }) => start + offset + dataBytes(spec) > file.size)
  if (outside) throw file.complain(`tensor "${outside.spec.name}" ends behind the end of the file: it is truncated`)
  return { metadata, tensors: new Map(entries.map(({ spec }) => [spec.name, spec])), begins }
}

function readValue(file: ByteReader, type: number): GgufValue {
  switch (type) {
    case VALUE_TYPES.bool:
      return { type: 'bool', value: file.u8() !== 0 }
    case VALUE_TYPES.string:
      return { type: 'string', value: file.string() }
    case VALUE_TYPES.u32:
      return { type: 'u32', value: file.u32() }
    case VALUE_TYPES.i32:
      return { type: 'i32', value: file.i32() }
    case VALUE_TYPES.f32:
      return { type: 'f32', value: file.f32() }
    case VALUE_TYPES.array:
      return readArray(file)
  }
  throw file.complain(`a value is of type ${type}, wanted one of ${Object.values(VALUE_TYPES).join(', ')}`)
}

function readArray(file: ByteReader): GgufValue {
  const type = file.u32()
  const length = file.u64('the length of a list', limits.values)
  const list = <T>(one: () => T) => Array.from({ length }, one)
  if (type === VALUE_TYPES.string) return { type: 'array', of: 'string', values: list(file.string) }
  if (type === VALUE_TYPES.i32) return { type: 'array', of: 'i32', values: list(file.i32) }
  if (type === VALUE_TYPES.f32) return { type: 'array', of: 'f32', values: list(file.f32) }
  throw file.complain(`a list is of type ${type}, wanted texts, int32 or float32`)
}

function readEntry(file: ByteReader): { spec: GgufTensorSpec; offset: number } {
  const name = file.string()
  const dims = file.u32()
  if (dims < 1 || dims > MAX_DIMS)
    throw file.complain(`tensor "${name}" has ${dims} dimensions, wanted 1 to ${MAX_DIMS}`)
  const shape = Array.from({ length: dims }, () => file.u64(`a dimension of "${name}"`, limits.dim)).reverse()
  const id = file.u32()
  const [type] = Object.entries(TENSOR_TYPES).find(([, info]) => info.id === id) ?? []
  if (type === undefined) throw file.complain(`tensor "${name}" is of type ${id}, wanted F32, F16, BF16 or Q8_0`)
  const spec = { name, shape, type: type as GgufType }
  if (!Number.isSafeInteger(dataBytes(spec)))
    throw file.complain(`tensor "${name}" [${shape}] is no whole number of blocks`)
  return { spec, offset: file.u64(`the place of "${name}"`, file.size) }
}

function widened(decode: (from: Uint16Array, to: Float32Array) => void) {
  return (bytes: Uint8Array<ArrayBuffer>) => {
    const values = new Float32Array(bytes.length / 2)
    decode(new Uint16Array(bytes.buffer), values)
    return values
  }
}

const decoders: Readonly<Record<GgufType, (bytes: Uint8Array<ArrayBuffer>) => Float32Array<ArrayBuffer>>> = {
  F32: (bytes) => new Float32Array(bytes.buffer),
  F16: widened(decodeF16),
  BF16: widened(decodeBf16),
  Q8_0: decodeQ8,
}
