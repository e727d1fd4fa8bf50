/**
 * GGUF version 3, little-endian, as ggml's docs/gguf.md describes it: header (magic, version, counts), metadata, tensor
 * table, then the data of each tensor at a multiple of {@link ALIGNMENT} bytes from the start of the data.
 */
export const MAGIC = 0x46554747
export const VERSION = 3
/** Where `general.alignment` says nothing else. */
export const ALIGNMENT = 32
/** ggml keeps a name in 64 bytes, the closing zero among them. */
export const MAX_NAME_BYTES = 63
export const MAX_DIMS = 4

/** Numbers of the types a metadata value may have. */
export const VALUE_TYPES = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const

export type GgufScalar =
  | { readonly type: 'u32' | 'i32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
export type GgufArray =
  | { readonly type: 'array'; readonly of: 'string'; readonly values: readonly string[] }
  | { readonly type: 'array'; readonly of: 'i32' | 'f32'; readonly values: readonly number[] }
export type GgufValue = GgufScalar | GgufArray
/** Metadata by key, written in this order. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>

/** Numbers and layouts of the tensor types written here: `block` values take `bytes` bytes. */
export const TENSOR_TYPES = {
  F32: { id: 0, block: 1, bytes: 4 },
  F16: { id: 1, block: 1, bytes: 2 },
  Q8_0: { id: 8, block: 32, bytes: 34 },
  BF16: { id: 30, block: 1, bytes: 2 },
} as const
export type GgufType = keyof typeof TENSOR_TYPES

/** A tensor; `shape` is ours, rows first, the reverse of what the file says. The last dimension holds whole blocks. */
export type GgufTensorSpec = { readonly name: string; readonly shape: readonly number[]; readonly type: GgufType }

export const elementsOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1)

/** Bytes of a tensor's data, without what fills it up to the alignment. */
export function dataBytes({ shape, type }: GgufTensorSpec): number {
  const { block, bytes } = TENSOR_TYPES[type]
  return (elementsOf(shape) / block) * bytes
}

export const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
