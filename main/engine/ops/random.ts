import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, type Shape, sizeOf, typeError } from '../ir/graph.ts'

/**
 * Uniform numbers in [0, 1), 24 bits each, as a pure function of a seed int32 [2]. Every backend is reproducible by
 * itself; TensorFlow draws by its own rule (Philox), so its numbers are others than those of the two here.
 */
export const randomUniformOp: Op = {
  name: 'randomUniform',
  type: (inputs, { shape }) => {
    const [seed] = inputs
    if (seed?.dtype !== 'int32' || seed.shape.length !== 1 || seed.shape[0] !== 2)
      throw typeError('randomUniform', inputs, 'a seed int32[2]')
    return { dtype: 'float32', shape: shape as Shape }
  },
  // Integers have no gradient.
  grad: () => [null],
  lower: {
    tensorflow: (tf, [seed], { shape }) =>
      tf.emit('StatelessRandomUniform', [tf.ints(shape), seed as string], {
        dtype: { type: 'float32' },
        T: { type: 'int32' },
        Tseed: { type: 'int32' },
      }),
    tfjs: (tf, [seed], { shape }) => {
      const numbers = uniformNumbers((seed as tfjs.Tensor).dataSync(), sizeOf(shape))
      return tf.tensor(Float32Array.from(numbers), [...shape])
    },
    reference: ([seed], { shape }) => ({ shape, data: uniformNumbers(seed?.data ?? [], sizeOf(shape)) }),
  },
}

/** A counter hashed with both halves of the seed by murmur3's mixer. */
function uniformNumbers(seed: ArrayLike<number>, size: number): Float64Array {
  const [low, high] = [mix((seed[0] ?? 0) ^ 0x9e3779b9), mix((seed[1] ?? 0) ^ 0x7f4a7c15)]
  return Float64Array.from({ length: size }, (_, i) => {
    const bits = mix(mix(Math.imul(i, 0x9e3779b1) ^ low) + high)
    return (bits >>> 8) / 2 ** 24
  })
}

function mix(x: number): number {
  const y = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  const z = Math.imul(y ^ (y >>> 13), 0xc2b2ae35)
  return z ^ (z >>> 16)
}

export const randomUniform = (seed: Node, shape: Shape): Node => node(randomUniformOp, [seed], { shape })
