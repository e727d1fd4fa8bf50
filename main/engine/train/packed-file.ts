import type { SafetensorsFile } from '../formats/safetensors.ts'
import { sameShape, sizeOf } from '../ir/graph.ts'
import type { Packing, StateLayout } from './state.ts'

/** What a file of trained weights holds: all that is trained, and frozen arrays that the adapter needs. */
export const savedArrays = ({ trainables, frozen }: StateLayout): readonly Packing[] => [...trainables, ...frozen]

/** What is wrong with a file for the arrays of a packing, whose names begin with `prefix`: one line an array. */
export const packingFaults = (file: SafetensorsFile, { entries }: Packing, prefix = ''): string[] =>
  entries.flatMap(({ key, shape }) => {
    const got = file.tensors.get(prefix + key)
    if (!got) return [`"${prefix}${key}" is missing`]
    return sameShape(got.shape, shape) ? [] : [`"${prefix}${key}" is [${got.shape}], wanted [${shape}]`]
  })

/** The arrays of a packing, stacked. */
export function readPacking(file: SafetensorsFile, { entries, variable }: Packing, prefix = ''): Float32Array {
  const [only] = entries
  if (only && entries.length === 1) return file.readFloat32(prefix + only.key)
  const size = sizeOf(variable.shape)
  const width = size / (variable.shape[0] ?? 1)
  const packed = new Float32Array(size)
  for (const { key, begin } of entries) packed.set(file.readFloat32(prefix + key), begin * width)
  return packed
}
