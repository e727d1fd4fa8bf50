import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, typeError } from '../ir/graph.ts'
import type { NdArray } from '../ir/lowering.ts'

/** Lower and upper half of each word, unsigned. */
const halves = (words: ArrayLike<number>): Int32Array =>
  Int32Array.from({ length: 2 * words.length }, (_, i) => {
    const word = words[i >> 1] as number
    return i % 2 === 0 ? word & 0xffff : word >>> 16
  })

/** int32 words [n] to the unsigned numbers of 16 bits in them, the lower half first: int32 [2n]; not differentiable. */
export const halfWordsOp: Op = {
  name: 'halfWords',
  type: (inputs) => {
    const [words] = inputs
    if (words?.dtype !== 'int32' || words.shape.length !== 1)
      throw typeError('halfWords', inputs, 'int32 words of rank 1')
    return { dtype: 'int32', shape: [2 * (words.shape[0] as number)] }
  },
  lower: {
    tensorflow: (tf, [words], { shape }) => {
      const pairs = tf.emit('Bitcast', [words as string], { T: { type: 'int32' }, type: { type: 'uint16' } })
      const wide = tf.emit('Cast', [pairs], { SrcT: { type: 'uint16' }, DstT: { type: 'int32' } })
      return tf.emit('Reshape', [wide, tf.ints(shape)], { T: { type: 'int32' }, Tshape: { type: 'int32' } })
    },
    tfjs: (tf, [words], { shape }) => tf.tensor(halves((words as tfjs.Tensor).dataSync()), [...shape], 'int32'),
    reference: ([words], { shape }) => ({ shape, data: Float64Array.from(halves((words as NdArray).data)) }),
  },
}

export const halfWords = (words: Node): Node => node(halfWordsOp, [words])
