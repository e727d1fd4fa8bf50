import { fault } from '../../../../shared/domain/error.ts'
import {
  aligned,
  dataBytes,
  type GgufMetadata,
  type GgufTensorSpec,
  type GgufValue,
  MAGIC,
  MAX_DIMS,
  MAX_NAME_BYTES,
  TENSOR_TYPES,
  VALUE_TYPES,
  VERSION,
} from './gguf-format.ts'

/** Where a tensor's data begin, in bytes from the start of the file. */
export type GgufLayout = { readonly header: Uint8Array; readonly begins: readonly number[]; readonly size: number }

/** Header, metadata and tensor table, filled up to where the data begin, and the place of each tensor. */
export function layOutGguf(path: string, metadata: GgufMetadata, tensors: readonly GgufTensorSpec[]): GgufLayout {
  refuseImpossible(path, tensors)
  const out = byteWriter()
  out.u32(MAGIC)
  out.u32(VERSION)
  out.u64(tensors.length)
  out.u64(metadata.size)
  for (const [key, value] of metadata) {
    out.string(key)
    writeValue(out, value)
  }
  let offset = 0
  const offsets = tensors.map((tensor) => {
    const own = offset
    writeEntry(out, tensor, own)
    offset += aligned(dataBytes(tensor))
    return own
  })
  const header = out.padded(aligned)
  return { header, begins: offsets.map((own) => header.length + own), size: header.length + offset }
}

function writeEntry(out: ByteWriter, { name, shape, type }: GgufTensorSpec, offset: number): void {
  out.string(name)
  out.u32(shape.length)
  // ggml names the dimension first along which values lie side by side.
  for (const dim of [...shape].reverse()) out.u64(dim)
  out.u32(TENSOR_TYPES[type].id)
  out.u64(offset)
}

function writeValue(out: ByteWriter, value: GgufValue): void {
  out.u32(VALUE_TYPES[value.type])
  if (value.type !== 'array') {
    writeBare(out, value.type, value.value)
    return
  }
  out.u32(VALUE_TYPES[value.of])
  out.u64(value.values.length)
  for (const one of value.values) writeBare(out, value.of, one)
}

function writeBare(out: ByteWriter, type: Exclude<GgufValue['type'], 'array'>, value: number | string | boolean): void {
  if (type === 'string') out.string(value as string)
  else if (type === 'bool') out.u8(value ? 1 : 0)
  else out[type](value as number)
}

function refuseImpossible(path: string, tensors: readonly GgufTensorSpec[]): void {
  const names = new Set<string>()
  for (const { name, shape, type } of tensors) {
    const { block } = TENSOR_TYPES[type]
    const rows = shape.at(-1) ?? 0
    const fits = Buffer.byteLength(name) <= MAX_NAME_BYTES && shape.length >= 1 && shape.length <= MAX_DIMS
    if (fits && rows % block === 0 && !names.has(name)) names.add(name)
    else
      throw fault('internal', `${path}: tensor "${name}" [${shape}] cannot be written as ${type}, or is there twice.`)
  }
}

type ByteWriter = ReturnType<typeof byteWriter>

/** Little-endian numbers and texts, one behind the other, in a buffer that grows. */
function byteWriter() {
  let bytes = Buffer.alloc(1 << 16)
  let at = 0
  const room = (size: number): number => {
    if (at + size > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(Math.max(bytes.length, size))])
    at += size
    return at - size
  }
  const u64 = (value: number) => {
    const place = room(8)
    bytes.writeBigUInt64LE(BigInt(value), place)
  }
  // The place first: making room may replace the buffer.
  const number = (size: number, write: (buffer: Buffer, value: number, place: number) => void) => (value: number) => {
    const place = room(size)
    write(bytes, value, place)
  }
  return {
    u8: number(1, (buffer, value, place) => buffer.writeUInt8(value, place)),
    u32: number(4, (buffer, value, place) => buffer.writeUInt32LE(value, place)),
    i32: number(4, (buffer, value, place) => buffer.writeInt32LE(value, place)),
    f32: number(4, (buffer, value, place) => buffer.writeFloatLE(value, place)),
    u64,
    string: (text: string) => {
      const encoded = Buffer.from(text, 'utf8')
      u64(encoded.length)
      const place = room(encoded.length)
      encoded.copy(bytes, place)
    },
    padded: (whole: (size: number) => number): Uint8Array => {
      const size = at
      room(whole(size) - size)
      return bytes.fill(0, size, at).subarray(0, at)
    },
  }
}
