import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, typeError } from '../ir/graph.ts'
import { mul, scale } from './elementwise.ts'

/** The sum of all squares, a scalar, in one pass and without an array of them. */
export const sumSquaresOp: Op = {
  name: 'sumSquares',
  type: (inputs) => {
    const [x] = inputs
    if (x?.dtype !== 'float32' || inputs.length !== 1) throw typeError('sumSquares', inputs, 'one float32 operand')
    return { dtype: 'float32', shape: [] }
  },
  grad: (dy, { inputs: [x] }) => [mul(scale(dy, 2), x as Node)],
  lower: {
    tensorflow: (tf, [x], { dtype }) => {
      const type = { T: { type: dtype } }
      // TensorFlow's is half of the sum.
      return tf.emit(
        'Mul',
        [tf.emit('L2Loss', [x as string], type), tf.constant('float32', [], Float32Array.of(2))],
        type,
      )
    },
    tfjs: (tf, [x]) => tf.tidy(() => tf.sum(tf.square(x as tfjs.Tensor))),
    reference: ([x]) => ({
      shape: [],
      data: Float64Array.of((x?.data ?? new Float64Array()).reduce((sum, value) => sum + value * value, 0)),
    }),
  },
}

export const sumSquares = (x: Node): Node => node(sumSquaresOp, [x])
