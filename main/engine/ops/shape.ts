import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, type Shape, sameShape, sizeOf, typeError } from '../ir/graph.ts'
import type { NdArray } from '../ir/lowering.ts'
import { broadcastStrides, walk } from './reference.ts'

export const reshapeOp: Op = {
  name: 'reshape',
  type: (inputs, attrs) => {
    const [x] = inputs
    const shape = attrs.shape as Shape
    if (!x || sizeOf(x.shape) !== sizeOf(shape)) throw typeError('reshape', inputs, `as many elements as [${shape}]`)
    return { dtype: x.dtype, shape }
  },
  grad: (dy, { inputs: [x] }) => [reshape(dy, (x as Node).shape)],
  lower: {
    tensorflow: (tf, [x], { dtype, shape }) =>
      tf.emit('Reshape', [x as string, tf.ints(shape)], { T: { type: dtype }, Tshape: { type: 'int32' } }),
    tfjs: (tf, [x], { shape }) => tf.reshape(x as tfjs.Tensor, [...shape]),
    reference: ([x], { shape }) => ({ shape, data: (x as NdArray).data }),
  },
}

/** Axis i of the result is axis permutation[i] of the input. */
export const transposeOp: Op = {
  name: 'transpose',
  type: (inputs, attrs) => {
    const [x] = inputs
    const permutation = attrs.permutation as readonly number[]
    const proper =
      x &&
      sameShape(
        [...permutation].sort((a, b) => a - b),
        x.shape.map((_, i) => i),
      )
    if (!proper) throw typeError('transpose', inputs, `rank ${permutation.length}`)
    return { dtype: x.dtype, shape: permutation.map((axis) => x.shape[axis] as number) }
  },
  grad: (dy, { attrs }) => {
    const permutation = attrs.permutation as readonly number[]
    return [
      transpose(
        dy,
        permutation.map((_, i) => permutation.indexOf(i)),
      ),
    ]
  },
  lower: {
    tensorflow: (tf, [x], { dtype, attrs }) =>
      tf.emit('Transpose', [x as string, tf.ints(attrs.permutation as number[])], {
        T: { type: dtype },
        Tperm: { type: 'int32' },
      }),
    tfjs: (tf, [x], { attrs }) => tf.transpose(x as tfjs.Tensor, [...(attrs.permutation as number[])]),
    reference: ([x], { shape, attrs }) => {
      const { shape: from, data } = x as NdArray
      const strides = broadcastStrides(from, from)
      const out = new Float64Array(data.length)
      const moved = (attrs.permutation as number[]).map((axis) => (from[axis] === 1 ? 0 : (strides[axis] as number)))
      walk(shape, [moved], (index, [at]) => {
        out[index] = data[at as number] as number
      })
      return { shape, data: out }
    },
  },
}

/** `size` rows of axis 0 from `begin` on. */
export const sliceOp: Op = {
  name: 'slice',
  type: (inputs, attrs) => {
    const [x] = inputs
    const { begin, size } = attrs as { begin: number; size: number }
    if (!x || begin < 0 || begin + size > (x.shape[0] ?? 0)) throw typeError('slice', inputs, `${begin}+${size} rows`)
    return { dtype: x.dtype, shape: [size, ...x.shape.slice(1)] }
  },
  grad: (dy, { inputs: [x], attrs }) => {
    const before = attrs.begin as number
    return [pad(dy, before, ((x as Node).shape[0] as number) - before - (attrs.size as number))]
  },
  lower: {
    tensorflow: (tf, [x], { dtype, shape, attrs }) => {
      const begin = shape.map((_, i) => (i === 0 ? (attrs.begin as number) : 0))
      const attributes = { T: { type: dtype }, Index: { type: 'int32' } } as const
      return tf.emit('Slice', [x as string, tf.ints(begin), tf.ints(shape)], attributes)
    },
    tfjs: (tf, [x], { shape, attrs }) =>
      tf.slice(x as tfjs.Tensor, [attrs.begin as number, ...shape.slice(1).map(() => 0)], [...shape]),
    reference: ([x], { shape, attrs }) => {
      const row = sizeOf(shape.slice(1))
      const begin = (attrs.begin as number) * row
      return { shape, data: (x as NdArray).data.slice(begin, begin + sizeOf(shape)) }
    },
  },
}

/** Zero rows before and after axis 0. */
export const padOp: Op = {
  name: 'pad',
  type: (inputs, attrs) => {
    const [x] = inputs
    if (!x || x.shape.length === 0) throw typeError('pad', inputs, 'at least one axis')
    const rows = (x.shape[0] as number) + (attrs.before as number) + (attrs.after as number)
    return { dtype: x.dtype, shape: [rows, ...x.shape.slice(1)] }
  },
  grad: (dy, { inputs: [x], attrs }) => [slice(dy, attrs.before as number, (x as Node).shape[0] as number)],
  lower: {
    tensorflow: (tf, [x], { dtype, shape, attrs }) => {
      const widths = shape.flatMap((_, i) => (i === 0 ? [attrs.before as number, attrs.after as number] : [0, 0]))
      const attributes = { T: { type: dtype }, Tpaddings: { type: 'int32' } } as const
      return tf.emit('Pad', [x as string, tf.ints(widths, [shape.length, 2])], attributes)
    },
    tfjs: (tf, [x], { shape, attrs }) => {
      const widths = shape.map((_, i) => (i === 0 ? [attrs.before, attrs.after] : [0, 0])) as [number, number][]
      return tf.pad(x as tfjs.Tensor, widths)
    },
    reference: ([x], { shape, attrs }) => {
      const data = new Float64Array(sizeOf(shape))
      data.set((x as NdArray).data, (attrs.before as number) * sizeOf(shape.slice(1)))
      return { shape, data }
    },
  },
}

export const reshape = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : node(reshapeOp, [x], { shape })
export const transpose = (x: Node, permutation: readonly number[]): Node => node(transposeOp, [x], { permutation })
export const slice = (x: Node, begin: number, size: number): Node => node(sliceOp, [x], { begin, size })
export const pad = (x: Node, before: number, after: number): Node => node(padOp, [x], { before, after })
