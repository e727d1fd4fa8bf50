import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import { fault } from '../../../shared/domain/error.ts'
import { encodeBf16 } from '../bfloat16.ts'
import { DTYPE_BYTES, encodeF16 } from './dtype.ts'
import { onFile } from './file-fault.ts'
import { writeAll } from './write-all.ts'

/** A tensor of a file to be. */
export type TensorSpec = { readonly name: string; readonly shape: readonly number[]; readonly dtype: Written }
type Written = 'F32' | 'BF16' | 'F16' | 'I32' | 'I64'

/** A tensor to write. `data` may be a function, called when its turn comes, so that only one tensor is in memory. */
export type TensorToWrite = {
  readonly name: string
  readonly shape: readonly number[]
} & (
  | {
      readonly dtype: 'F32' | 'BF16' | 'F16'
      readonly data: Float32Array | (() => Float32Array | Promise<Float32Array>)
    }
  | { readonly dtype: 'I32' | 'I64'; readonly data: Int32Array | (() => Int32Array | Promise<Int32Array>) }
)

/** Highest first: files are laid out as Python's safetensors does, by dtype and then by name. */
const order = ['I64', 'F32', 'I32', 'BF16', 'F16']
const chunkElements = 1 << 20

/** Writes and syncs a file; a failed one is removed. `disk` faults name the path. */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sorted = inFileOrder(tensors)
  async function* values() {
    for (const { name, data } of sorted) yield [name, typeof data === 'function' ? await data() : data] as const
  }
  await writeArriving(path, sorted, values(), metadata)
}

/**
 * As {@link writeSafetensors}, but values are written as they come, in whatever order: each goes to its own place in the
 * file, so that a source which yields in an order of its own need not be held in memory.
 */
export async function writeArriving(
  path: string,
  tensors: Iterable<TensorSpec>,
  values: Iterable<Arrival> | AsyncIterable<Arrival>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sorted = inFileOrder(tensors)
  const { header, places } = layOut(path, sorted, metadata)
  const fd = onFile(path, () => openSync(path, 'w'))
  let complete = false
  try {
    onFile(path, () => writeAll(fd, header, 0))
    for await (const [name, data] of values) {
      const place = places.get(name)
      if (!place) throw fault('internal', `${path}: "${name}" was not announced, or came twice.`)
      places.delete(name)
      onFile(path, () => writeTensor(fd, path, place, data))
    }
    if (places.size > 0) throw fault('internal', `${path}: no values came for ${[...places.keys()].join(', ')}.`)
    onFile(path, () => fsyncSync(fd))
    complete = true
  } finally {
    closeSync(fd)
    if (!complete) rmSync(path, { force: true })
  }
}

/** Values of a tensor, by its name. */
export type Arrival = readonly [name: string, data: Float32Array | Int32Array]
type Place = { readonly tensor: TensorSpec; readonly begin: number }

const inFileOrder = <T extends TensorSpec>(tensors: Iterable<T>): T[] =>
  [...tensors].sort(
    (a, b) => order.indexOf(a.dtype) - order.indexOf(b.dtype) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  )

const elements = ({ shape }: TensorSpec) => shape.reduce((size, dim) => size * dim, 1)

/** Bytes a tensor takes in a file. */
export const tensorBytes = (tensor: TensorSpec): number => elements(tensor) * DTYPE_BYTES[tensor.dtype]

/** Length prefix and JSON, filled up with spaces so that the data starts at a multiple of 8; and each tensor's place. */
function layOut(path: string, tensors: readonly TensorSpec[], metadata: Readonly<Record<string, string>>) {
  // Without a prototype: a tensor may be called __proto__.
  const entries: Record<string, unknown> = Object.create(null)
  const keys = Object.keys(metadata).sort()
  if (keys.length > 0) entries.__metadata__ = Object.fromEntries(keys.map((key) => [key, metadata[key]]))
  let begin = 0
  for (const tensor of tensors) {
    const { name, dtype, shape } = tensor
    if (Object.hasOwn(entries, name)) throw fault('internal', `${path}: tensor "${name}" is written twice.`)
    const end = begin + tensorBytes(tensor)
    entries[name] = { dtype, shape, data_offsets: [begin, end] }
    begin = end
  }
  const json = new TextEncoder().encode(JSON.stringify(entries))
  const padded = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + padded).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true)
  bytes.set(json, 8)
  const places = new Map<string, Place>()
  let at = bytes.length
  for (const tensor of tensors) {
    places.set(tensor.name, { tensor, begin: at })
    at += tensorBytes(tensor)
  }
  return { header: bytes, places }
}

function writeTensor(fd: number, path: string, { tensor, begin }: Place, data: Float32Array | Int32Array): void {
  const { name, shape, dtype } = tensor
  if (data.length !== elements(tensor)) {
    throw fault('internal', `${path}: tensor "${name}" [${shape}] was given ${data.length} values.`)
  }
  if (dtype === 'F32' || dtype === 'I32') {
    writeAll(fd, new Uint8Array(data.buffer, data.byteOffset, data.byteLength), begin)
    return
  }
  for (let i = 0; i < data.length; i += chunkElements) {
    writeAll(fd, encode(dtype, data.subarray(i, i + chunkElements)), begin + i * DTYPE_BYTES[dtype])
  }
}

function encode(dtype: 'BF16' | 'F16' | 'I64', part: Float32Array | Int32Array): Uint8Array {
  const encoded =
    part instanceof Int32Array
      ? BigInt64Array.from(part, BigInt)
      : dtype === 'BF16'
        ? encodeBf16(part)
        : encodeF16(part)
  return new Uint8Array(encoded.buffer)
}
