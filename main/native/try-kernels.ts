import type { Tensor } from '@tensorflow/tfjs-core'
import { fault } from '../../shared/domain/error.ts'
import type { loadTensorflow } from './load-tensorflow.ts'

type Tf = Awaited<ReturnType<typeof loadTensorflow>>

/** What tfjs-node's backend has and keeps out of its types: one operation of the library, carried out at once. */
type Backend = {
  readonly binding: { readonly TF_ATTR_INT: number; readonly TF_ATTR_STRING: number }
  executeSingleOutput(name: string, attrs: readonly object[], inputs: readonly Tensor[]): Tensor
}

function expectSame(what: string, got: Tensor, wanted: readonly number[]): void {
  const values = got.dataSync()
  if (values.length === wanted.length && wanted.every((value, i) => value === values[i])) return
  throw fault('native', `${what} gave ${values.join(' ')}, wanted ${wanted.join(' ')}`)
}

/** Has the registered kernels compute what is known: instructions that the processor lacks end the process here. */
export function tryKernels(tf: Tf): void {
  const backend = tf.backend() as unknown as Backend
  const { TF_ATTR_INT, TF_ATTR_STRING } = backend.binding
  const int = (name: string, value: number) => ({ name, type: TF_ATTR_INT, value })
  const numbers = Array.from({ length: 16 }, (_, i) => i + 1)
  // One row of 16 numbers, one input, no constants, one step: the product of the input with itself.
  const program = { name: 'program', type: TF_ATTR_STRING, value: '1 1 16 1 wide 16 0 1 mul 0 0 0' }
  const squares = backend.executeSingleOutput(
    'DoraPasses',
    [int('inputs', 1), int('outputs', 1), program],
    [tf.tensor(numbers)],
  )
  expectSame(
    'squares',
    squares,
    numbers.map((value) => value * value),
  )
  // A query that sees one key answers with its value.
  const head = tf.tensor(numbers, [1, 1, 1, 16])
  const inputs = [head, head, head, tf.zeros([1, 1, 1])]
  const seen = backend.executeSingleOutput('DoraAttention', [int('heads', 1), int('groups', 1)], inputs)
  expectSame('attention', seen, numbers)
}
