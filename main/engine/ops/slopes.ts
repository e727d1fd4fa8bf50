import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, sameShape, typeError } from '../ir/graph.ts'
import { mapBroadcast } from './reference.ts'

type Slope = {
  readonly tensorflow: string
  readonly tfjs: (tf: typeof tfjs, y: tfjs.Tensor, dy: tfjs.Tensor) => tfjs.Tensor
  readonly value: (y: number, dy: number) => number
}

/** dy times a function's derivative, taken from the function's result y: one pass where the formula has three. */
const slopeOp = (name: string, spec: Slope): Op => ({
  name,
  type: (inputs) => {
    const [y, dy] = inputs
    const fits = y?.dtype === 'float32' && dy?.dtype === 'float32' && sameShape(y.shape, dy.shape)
    if (!fits) throw typeError(name, inputs, 'a float32 result and as many adjoints')
    return y
  },
  lower: {
    tensorflow: (tf, inputs, { dtype }) => tf.emit(spec.tensorflow, inputs, { T: { type: dtype } }),
    tfjs: (tf, [y, dy]) => tf.tidy(() => spec.tfjs(tf, y as tfjs.Tensor, dy as tfjs.Tensor)),
    reference: (inputs, { shape }) => mapBroadcast(shape, inputs, spec.value),
  },
})

export const sigmoidGradOp = slopeOp('sigmoidGrad', {
  tensorflow: 'SigmoidGrad',
  tfjs: (tf, y, dy) => tf.mul(dy, tf.mul(y, tf.sub(1, y))),
  value: (y, dy) => dy * y * (1 - y),
})
export const tanhGradOp = slopeOp('tanhGrad', {
  tensorflow: 'TanhGrad',
  tfjs: (tf, y, dy) => tf.mul(dy, tf.sub(1, tf.square(y))),
  value: (y, dy) => dy * (1 - y * y),
})

/** dy y (1 - y), for y = sigmoid(x). */
export const sigmoidGrad = (y: Node, dy: Node): Node => node(sigmoidGradOp, [y, dy])
/** dy (1 - y^2), for y = tanh(x). */
export const tanhGrad = (y: Node, dy: Node): Node => node(tanhGradOp, [y, dy])
