import type * as tfjs from '@tensorflow/tfjs-core'
import type { DType, Node, Shape } from './graph.ts'

/** The type in which tfjs holds an array: it has no bfloat16. */
export const tfjsType = (dtype: DType): Exclude<DType, 'bfloat16'> => (dtype === 'bfloat16' ? 'float32' : dtype)

/** An element type of TensorFlow: ours, and what lowerings pass through. */
export type TfType = DType | 'uint16'

/** An attribute of a TensorFlow node. */
export type TfAttr =
  | { readonly type: TfType }
  | { readonly int: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly types: readonly DType[] }

/** What a lowering may use to write TensorFlow nodes; equal requests give the same node. */
export type TfEmitter = {
  /** Adds a node and returns the name of its first output. */
  emit(op: string, inputs: readonly string[], attrs?: Readonly<Record<string, TfAttr>>): string
  /** A small int32 constant such as a shape or a permutation. */
  ints(values: readonly number[], shape?: Shape): string
  constant(dtype: DType, shape: Shape, data: Float32Array | Int32Array): string
  /** The value of a state variable. */
  read(name: string): string
  placeholder(node: Node): string
  /** Whether the studio's own kernels are there (main/native/kernels). */
  readonly kernels: boolean
}

/** A dense array of the reference interpreter: float64 whatever the element type. */
export type NdArray = { readonly shape: Shape; readonly data: Float64Array }

export type Lowerings = {
  /** Name of the (first) TensorFlow output that holds the result. */
  readonly tensorflow: (tf: TfEmitter, inputs: readonly string[], node: Node) => string
  /** tfjs-core kernels (wasm, cpu). Returns a new tensor, never an input itself. Tuples return their parts. */
  readonly tfjs: (tf: typeof tfjs, inputs: readonly tfjs.Tensor[], node: Node) => tfjs.Tensor | tfjs.Tensor[]
  /** The meaning of the op in float64, written plainly: what the gradient checks and the other two are held to. */
  readonly reference: (inputs: readonly NdArray[], node: Node) => NdArray | NdArray[]
}
