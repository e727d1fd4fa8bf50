import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, sizeOf, typeError } from '../ir/graph.ts'
import type { NdArray } from '../ir/lowering.ts'

/** Codes in one word of 32 bits. */
const perWord = ({ attrs }: Node): number => 32 / (attrs.bits as number)

/** Cuts words into unsigned codes, lowest bits first. Shifting right drags the sign along, which the mask takes off. */
function unpacked(words: ArrayLike<number>, bits: number, into: Float64Array | Int32Array) {
  const mask = 2 ** bits - 1
  const count = 32 / bits
  for (let i = 0; i < into.length; i++) {
    into[i] = ((words[Math.floor(i / count)] as number) >> (bits * (i % count))) & mask
  }
  return into
}

/** int32 words [n] to the 32 / bits unsigned codes that each holds, int32 [n * 32 / bits]; not differentiable. */
export const unpackCodesOp: Op = {
  name: 'unpackCodes',
  type: (inputs, { bits }) => {
    const [words] = inputs
    if (words?.dtype !== 'int32' || words.shape.length !== 1 || (bits !== 4 && bits !== 8)) {
      throw typeError('unpackCodes', inputs, 'int32 words of rank 1, and 4 or 8 bits')
    }
    return { dtype: 'int32', shape: [((words.shape[0] as number) * 32) / bits] }
  },
  lower: {
    tensorflow: (tf, [words], self) => {
      const bits = self.attrs.bits as number
      const count = perWord(self)
      const type = { T: { type: 'int32' } } as const
      const reshaped = { ...type, Tshape: { type: 'int32' } } as const
      const column = tf.emit('Reshape', [words as string, tf.ints([sizeOf(self.shape) / count, 1])], reshaped)
      const shifts = tf.ints(
        Array.from({ length: count }, (_, i) => bits * i),
        [1, count],
      )
      const shifted = tf.emit('RightShift', [column, shifts], type)
      const codes = tf.emit('BitwiseAnd', [shifted, tf.ints([2 ** bits - 1], [])], type)
      return tf.emit('Reshape', [codes, tf.ints(self.shape)], reshaped)
    },
    tfjs: (tf, [words], { attrs, shape }) => {
      const data = (words as tfjs.Tensor).dataSync()
      return tf.tensor(unpacked(data, attrs.bits as number, new Int32Array(sizeOf(shape))), [...shape], 'int32')
    },
    reference: ([words], { attrs, shape }) => {
      const data = unpacked((words as NdArray).data, attrs.bits as number, new Float64Array(sizeOf(shape)))
      return { shape, data: data as Float64Array }
    },
  },
}

export const unpackCodes = (words: Node, bits: 4 | 8): Node => node(unpackCodesOp, [words], { bits })
