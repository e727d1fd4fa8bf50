import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, sizeOf, typeError } from '../ir/graph.ts'
import type { NdArray, TfEmitter } from '../ir/lowering.ts'
import { neg } from './elementwise.ts'
import { rowsOf } from './reference.ts'

/**
 * (-second half, first half) of the first `turned` numbers of the last axis, zeros behind: Hugging Face's rotate_half, by
 * which rotary embeddings pair up dimensions (arXiv 2104.09864). As a matrix it is skew-symmetric, so its transpose, which
 * the gradient needs, is minus itself, zeros behind included.
 */
export const rotateHalfOp: Op = {
  name: 'rotateHalf',
  type: (inputs, { turned }) => {
    const [x] = inputs
    const width = x?.shape.at(-1) ?? 0
    const fits = Number.isInteger(turned) && (turned as number) % 2 === 0 && (turned as number) >= 0
    if (x?.dtype !== 'float32' || !fits || (turned as number) > width)
      throw typeError('rotateHalf', inputs, `float32 and an even count of at most a row to turn, not ${turned}`)
    return x
  },
  grad: (dy, { attrs }) => [neg(rotateHalf(dy, attrs.turned as number))],
  lower: {
    tensorflow: (tf, [x], self) => productWithSigns(tf, x as string, self),
    tfjs: (tf, [x], { attrs }) => tf.tidy(() => inPieces(tf, x as tfjs.Tensor, attrs.turned as number)),
    reference: ([x], { attrs }) => ({
      shape: (x as NdArray).shape,
      data: turnedRows(x as NdArray, attrs.turned as number),
    }),
  },
}

/** A product with a signed permutation: exact in float32, and two graph nodes instead of four. */
function productWithSigns(tf: TfEmitter, x: string, { shape, attrs }: Node): string {
  const width = shape.at(-1) as number
  const shaped = (value: string, to: readonly number[]) =>
    tf.emit('Reshape', [value, tf.ints(to)], { T: { type: 'float32' }, Tshape: { type: 'int32' } })
  const signs = tf.constant('float32', [width, width], signedPermutation(width, attrs.turned as number))
  const product = tf.emit('MatMul', [shaped(x, [sizeOf(shape) / width, width]), signs], {
    T: { type: 'float32' },
    transpose_a: { bool: false },
    transpose_b: { bool: false },
  })
  return shaped(product, shape)
}

const permutations = new Map<string, Float32Array>()

/** R, row by row, with x R = rotateHalf(x): one array for all layers, so that a graph has it once. */
function signedPermutation(width: number, turned: number): Float32Array {
  const key = `${width} ${turned}`
  const data = permutations.get(key) ?? newPermutation(width, turned)
  permutations.set(key, data)
  return data
}

function newPermutation(width: number, turned: number): Float32Array {
  const data = new Float32Array(width * width)
  const half = turned / 2
  for (let k = 0; k < half; k++) {
    data[(k + half) * width + k] = -1
    data[k * width + k + half] = 1
  }
  return data
}

function inPieces(tf: typeof tfjs, x: tfjs.Tensor, turned: number): tfjs.Tensor {
  const half = turned / 2
  const width = x.shape.at(-1) as number
  const [first, second, rest] = tf.split(x, [half, half, width - turned], -1) as [tfjs.Tensor, tfjs.Tensor, tfjs.Tensor]
  return tf.concat([tf.neg(second), first, tf.zerosLike(rest)], -1)
}

function turnedRows(x: NdArray, turned: number): Float64Array {
  const { columns } = rowsOf(x)
  const half = turned / 2
  return x.data.map((_, i) => {
    const at = i % columns
    if (at >= turned) return 0
    return at < half ? -(x.data[i + half] as number) : (x.data[i - half] as number)
  })
}

/** rotate_half of the first `turned` numbers of the last axis, an even count; zeros behind. */
export const rotateHalf = (x: Node, turned: number): Node => node(rotateHalfOp, [x], { turned })
