import type { Tensor } from '@tensorflow/tfjs-core'
import { fault } from '../../shared/domain/error.ts'
import { runOperation, type Tf } from './run-operation.ts'

function expectSame(what: string, got: Tensor, wanted: readonly number[]): void {
  const values = got.dataSync()
  if (values.length === wanted.length && wanted.every((value, i) => value === values[i])) return
  throw fault('native', `${what} gave ${values.join(' ')}, wanted ${wanted.join(' ')}`)
}

/** Has the registered kernels compute what is known: instructions that the processor lacks end the process here. */
export function tryKernels(tf: Tf): void {
  const numbers = Array.from({ length: 16 }, (_, i) => i + 1)
  // One row of 16 numbers, one input, no constants, one step: the product of the input with itself.
  const program = '1 1 16 1 wide 16 0 1 mul 0 0 0'
  const squares = runOperation(tf, 'DoraPasses', { inputs: 1, outputs: 1, program }, [tf.tensor(numbers)])
  expectSame(
    'squares',
    squares,
    numbers.map((value) => value * value),
  )
  // A query that sees one key answers with its value.
  const head = tf.tensor(numbers, [1, 1, 1, 16])
  const seen = runOperation(tf, 'DoraAttention', { heads: 1, groups: 1 }, [head, head, head, tf.zeros([1, 1, 1])])
  expectSame('attention', seen, numbers)
}
