import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import { fault } from '../../../../shared/domain/error.ts'
import { encodeBf16 } from '../../bfloat16.ts'
import { encodeF16 } from '../dtype.ts'
import { onFile } from '../file-fault.ts'
import { writeAll } from '../write-all.ts'
import {
  aligned,
  dataBytes,
  elementsOf,
  type GgufMetadata,
  type GgufTensorSpec,
  type GgufType,
  TENSOR_TYPES,
} from './gguf-format.ts'
import { layOutGguf } from './gguf-header.ts'
import { encodeQ8 } from './q8-0.ts'

/** A tensor to write; `data` is called when its turn comes, so that only one tensor is in memory. */
export type GgufTensor = GgufTensorSpec & { readonly data: () => Float32Array | Promise<Float32Array> }

/** A multiple of every block. */
const chunkElements = 1 << 20

/** Writes and syncs a GGUF file; a failed one is removed. `disk` faults name the path. */
export async function writeGguf(path: string, metadata: GgufMetadata, tensors: readonly GgufTensor[]): Promise<void> {
  const { header, begins } = layOutGguf(path, metadata, tensors)
  const fd = onFile(path, () => openSync(path, 'w'))
  let complete = false
  try {
    onFile(path, () => writeAll(fd, header, 0))
    for (const [i, tensor] of tensors.entries()) {
      const values = await tensor.data()
      onFile(path, () => writeTensor(fd, path, tensor, values, begins[i] as number))
    }
    onFile(path, () => fsyncSync(fd))
    complete = true
  } finally {
    closeSync(fd)
    if (!complete) rmSync(path, { force: true })
  }
}

function writeTensor(fd: number, path: string, tensor: GgufTensor, values: Float32Array, begin: number): void {
  const { name, shape, type } = tensor
  if (values.length !== elementsOf(shape)) {
    throw fault('internal', `${path}: tensor "${name}" [${shape}] was given ${values.length} values.`)
  }
  const { block, bytes } = TENSOR_TYPES[type]
  for (let i = 0; i < values.length; i += chunkElements) {
    const part = encoders[type](values.subarray(i, i + chunkElements))
    writeAll(fd, part, begin + (i / block) * bytes)
  }
  const size = dataBytes(tensor)
  writeAll(fd, new Uint8Array(aligned(size) - size), begin + size)
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array) =>
  new Uint8Array(buffer, byteOffset, byteLength)

const encoders: Readonly<Record<GgufType, (values: Float32Array) => Uint8Array>> = {
  F32: bytesOf,
  F16: (values) => bytesOf(encodeF16(values)),
  BF16: (values) => bytesOf(encodeBf16(values)),
  Q8_0: encodeQ8,
}
