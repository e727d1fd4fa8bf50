import type * as tfjs from '@tensorflow/tfjs-core'
import { unpackBf16 } from '../bfloat16.ts'
import { type DType, type Node, node, type Op, type Shape, sizeOf, type TensorType, typeError } from '../ir/graph.ts'
import type { NdArray, TfEmitter } from '../ir/lowering.ts'

const isFloat = (x: TensorType | undefined): x is TensorType => x?.dtype === 'float32' || x?.dtype === 'bfloat16'

/**
 * float32 to bfloat16 (the nearest value, ties to even) or back. It has no gradient: casts come into a graph after it
 * was differentiated, and around weights that are not trained.
 */
export const castOp: Op = {
  name: 'cast',
  type: (inputs, attrs) => {
    const [x] = inputs
    if (!isFloat(x)) throw typeError('cast', inputs, 'one float32 or bfloat16 operand')
    return { dtype: attrs.to as DType, shape: x.shape }
  },
  lower: {
    tensorflow: (tf, inputs, { dtype, inputs: [x] }) =>
      tf.emit('Cast', inputs, { SrcT: { type: (x as Node).dtype }, DstT: { type: dtype } }),
    // Backends without bfloat16 hold float32 and round whatever is said to be bfloat16.
    tfjs: (tf, [x]) => tf.clone(x as tfjs.Tensor),
    reference: ([x]) => x as NdArray,
  },
}

/** float32 of an int32 or bool array (true is 1). */
export const toFloatOp: Op = {
  name: 'toFloat',
  type: (inputs) => {
    const [x] = inputs
    if (!x || x.dtype === 'float32') throw typeError('toFloat', inputs, 'one int32 or bool operand')
    return { dtype: 'float32', shape: x.shape }
  },
  // Integers and conditions are piecewise constant in whatever they came from.
  grad: () => [null],
  lower: {
    tensorflow: (tf, inputs, { inputs: [x] }) =>
      tf.emit('Cast', inputs, { SrcT: { type: (x as Node).dtype }, DstT: { type: 'float32' } }),
    tfjs: (tf, [x]) => tf.cast(x as tfjs.Tensor, 'float32'),
    reference: ([x]) => ({ shape: x?.shape ?? [], data: Float64Array.from(x?.data ?? []) }),
  },
}

/** int32 words that hold two bfloat16 values each, the first in the lower half, to an array of those values. */
export const bfloat16BitsOp: Op = {
  name: 'bfloat16Bits',
  type: (inputs, attrs) => {
    const [words] = inputs
    const shape = attrs.shape as Shape
    if (words?.dtype !== 'int32' || words.shape.length !== 1 || words.shape[0] !== Math.ceil(sizeOf(shape) / 2)) {
      throw typeError('bfloat16Bits', inputs, `int32 words for [${shape}]`)
    }
    return { dtype: 'bfloat16', shape }
  },
  lower: {
    tensorflow: (tf, [words], { shape }) => {
      const size = sizeOf(shape)
      return emitBits(tf, words as string, size % 2 === 0 ? null : tf.ints([size]), tf.ints(shape))
    },
    tfjs: (tf, [words], { shape }) =>
      tf.tensor(unpackBf16((words as tfjs.Tensor).dataSync() as Int32Array, sizeOf(shape)), [...shape]),
    reference: ([words], { shape }) => {
      const values = unpackBf16(Int32Array.from((words as NdArray).data), sizeOf(shape))
      return { shape, data: Float64Array.from(values) }
    },
  },
}

/**
 * TensorFlow nodes for what {@link bfloat16BitsOp} says: the first `size` values (int32 [1]; null: all there are) in a shape
 * (int32 [rank]).
 */
export function emitBits(
  tf: Pick<TfEmitter, 'emit' | 'ints'>,
  words: string,
  size: string | null,
  shape: string,
): string {
  const type = { T: { type: 'bfloat16' } } as const
  const reshaped = (x: string, to: string) => tf.emit('Reshape', [x, to], { ...type, Tshape: { type: 'int32' } })
  const pairs = tf.emit('Bitcast', [words], { T: { type: 'int32' }, type: { type: 'bfloat16' } })
  if (size === null) return reshaped(pairs, shape)
  const flat = reshaped(pairs, tf.ints([-1]))
  return reshaped(tf.emit('Slice', [flat, tf.ints([0]), size], { ...type, Index: { type: 'int32' } }), shape)
}

const cast = (x: Node, to: DType): Node => (x.dtype === to ? x : node(castOp, [x], { to }))

export const toFloat = (x: Node): Node => node(toFloatOp, [x])
export const toBfloat16 = (x: Node): Node => cast(x, 'bfloat16')
/** float32 of a bfloat16 array; any other array is itself. */
export const widened = (x: Node): Node => (x.dtype === 'bfloat16' ? cast(x, 'float32') : x)
export const bfloat16Bits = (words: Node, shape: Shape): Node => node(bfloat16BitsOp, [words], { shape })
