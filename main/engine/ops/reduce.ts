import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, type Shape, sameShape, type TensorType, typeError } from '../ir/graph.ts'
import { foldTo, mapBroadcast } from './reference.ts'
import { reshape } from './shape.ts'

/** The shape with `axes` reduced to 1. */
const keptShape = (shape: Shape, axes: readonly number[]): Shape => shape.map((dim, i) => (axes.includes(i) ? 1 : dim))

const reducedType =
  (name: string) =>
  (inputs: readonly TensorType[], attrs: Node['attrs']): TensorType => {
    const [x] = inputs
    const axes = attrs.axes as readonly number[]
    if (!x || axes.some((axis) => axis < 0 || axis >= x.shape.length))
      throw typeError(name, inputs, `axes ${axes} inside`)
    return { dtype: x.dtype, shape: keptShape(x.shape, axes) }
  }

type Reduction = {
  readonly tensorflow: string
  readonly tfjs: (tf: typeof tfjs, x: tfjs.Tensor, axes: number[]) => tfjs.Tensor
  readonly initial: number
  readonly fold: (sum: number, value: number) => number
  readonly grad?: Op['grad']
}

/** Reductions keep their axes as 1; `reshape` drops them where wanted. */
const reductionOp = (name: string, spec: Reduction): Op => ({
  name,
  type: reducedType(name),
  ...(spec.grad && { grad: spec.grad }),
  lower: {
    tensorflow: (tf, [x], { dtype, attrs }) =>
      tf.emit(spec.tensorflow, [x as string, tf.ints(attrs.axes as number[])], {
        T: { type: dtype },
        Tidx: { type: 'int32' },
        keep_dims: { bool: true },
      }),
    tfjs: (tf, [x], { attrs }) => spec.tfjs(tf, x as tfjs.Tensor, [...(attrs.axes as number[])]),
    reference: ([x], { shape }) => foldTo(shape, x ?? { shape: [], data: new Float64Array() }, spec.initial, spec.fold),
  },
})

export const sumOp = reductionOp('sum', {
  tensorflow: 'Sum',
  tfjs: (tf, x, axes) => tf.sum(x, axes, true),
  initial: 0,
  fold: (sum, value) => sum + value,
  grad: (dy, { inputs: [x] }) => [broadcastTo(dy, (x as Node).shape)],
})

/** Not differentiable here: it is only used for numerically safe exponentials, where its gradient cancels. */
export const maxOp = reductionOp('max', {
  tensorflow: 'Max',
  tfjs: (tf, x, axes) => tf.max(x, axes, true),
  initial: Number.NEGATIVE_INFINITY,
  fold: Math.max,
})

/** Repeats axes of length 1 (and adds leading ones) until the shape is reached. */
export const broadcastToOp: Op = {
  name: 'broadcastTo',
  type: (inputs, attrs) => {
    const [x] = inputs
    const shape = attrs.shape as Shape
    const fits = x?.shape.every((dim, i) => dim === 1 || dim === shape[shape.length - x.shape.length + i])
    if (!x || !fits) throw typeError('broadcastTo', inputs, `an array that stretches to [${shape}]`)
    return { dtype: x.dtype, shape }
  },
  grad: (dy, { inputs: [x] }) => [sumTo(dy, (x as Node).shape)],
  lower: {
    tensorflow: (tf, [x], { dtype, shape }) =>
      tf.emit('BroadcastTo', [x as string, tf.ints(shape)], { T: { type: dtype }, Tidx: { type: 'int32' } }),
    tfjs: (tf, [x], { shape }) => tf.broadcastTo(x as tfjs.Tensor, [...shape]),
    reference: (inputs, { shape }) => mapBroadcast(shape, inputs, (x) => x),
  },
}

export const sum = (x: Node, axes: readonly number[]): Node => (axes.length === 0 ? x : node(sumOp, [x], { axes }))
/** Sum over every axis, as a scalar. */
export const sumAll = (x: Node): Node =>
  reshape(
    sum(
      x,
      x.shape.map((_, i) => i),
    ),
    [],
  )
export const max = (x: Node, axes: readonly number[]): Node => node(maxOp, [x], { axes })
export const broadcastTo = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : node(broadcastToOp, [x], { shape })

/** Undoes broadcasting: sums `adjoint` over the axes in which `target` was stretched. */
export function sumTo(adjoint: Node, target: Shape): Node {
  if (sameShape(adjoint.shape, target)) return adjoint
  const missing = adjoint.shape.length - target.length
  const axes = adjoint.shape.flatMap((dim, i) => (i < missing || (target[i - missing] === 1 && dim !== 1) ? [i] : []))
  return reshape(sum(adjoint, axes), target)
}
