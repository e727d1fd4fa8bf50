import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { fault } from '../../../shared/domain/error.ts'
import { encodeBf16 } from '../bfloat16.ts'
import { DTYPE_BYTES, encodeF16 } from './dtype.ts'
import { onFile } from './file-fault.ts'

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
const maxWriteBytes = 1 << 30

/** Writes and syncs a file; a failed one is removed. `disk` faults name the path. */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sorted = [...tensors].sort(
    (a, b) => order.indexOf(a.dtype) - order.indexOf(b.dtype) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  )
  const header = headerBytes(path, sorted, metadata)
  const fd = onFile(path, () => openSync(path, 'w'))
  let complete = false
  try {
    onFile(path, () => writeAll(fd, header))
    for (const tensor of sorted) {
      const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data
      onFile(path, () => writeTensor(fd, path, tensor, data))
    }
    onFile(path, () => fsyncSync(fd))
    complete = true
  } finally {
    closeSync(fd)
    if (!complete) rmSync(path, { force: true })
  }
}

const elements = ({ shape }: TensorToWrite) => shape.reduce((size, dim) => size * dim, 1)

/** Bytes a tensor takes in a file. */
export const tensorBytes = (tensor: TensorToWrite): number => elements(tensor) * DTYPE_BYTES[tensor.dtype]

/** Length prefix and JSON, filled up with spaces so that the data starts at a multiple of 8. */
function headerBytes(path: string, tensors: readonly TensorToWrite[], metadata: Readonly<Record<string, string>>) {
  const entries: Record<string, unknown> = {}
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
  return bytes
}

function writeTensor(fd: number, path: string, tensor: TensorToWrite, data: Float32Array | Int32Array): void {
  const { name, shape, dtype } = tensor
  if (data.length !== elements(tensor)) {
    throw fault('internal', `${path}: tensor "${name}" [${shape}] was given ${data.length} values.`)
  }
  if (dtype === 'F32' || dtype === 'I32') {
    writeAll(fd, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return
  }
  for (let i = 0; i < data.length; i += chunkElements) writeAll(fd, encode(dtype, data.subarray(i, i + chunkElements)))
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

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, Math.min(maxWriteBytes, bytes.length - done))
  }
}
