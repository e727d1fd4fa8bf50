import type { Tensor } from '@tensorflow/tfjs-core'
import type { loadTensorflow } from './load-tensorflow.ts'

export type Tf = Awaited<ReturnType<typeof loadTensorflow>>

/** What tfjs-node's backend has and keeps out of its types: one operation of the library, carried out at once. */
type Backend = {
  readonly binding: { readonly TF_ATTR_INT: number; readonly TF_ATTR_STRING: number }
  executeSingleOutput(name: string, attrs: readonly object[], inputs: readonly Tensor[]): Tensor
}

/** The only output of an operation of the library, with attributes of whole numbers or text; fails as the operation does. */
export function runOperation(
  tf: Tf,
  name: string,
  attrs: Readonly<Record<string, number | string>>,
  inputs: readonly Tensor[],
): Tensor {
  const backend = tf.backend() as unknown as Backend
  const { TF_ATTR_INT, TF_ATTR_STRING } = backend.binding
  const typeOf = (value: number | string) => (typeof value === 'number' ? TF_ATTR_INT : TF_ATTR_STRING)
  const all = Object.entries(attrs).map(([attr, value]) => ({ name: attr, type: typeOf(value), value }))
  return backend.executeSingleOutput(name, all, inputs)
}
