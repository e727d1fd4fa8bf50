import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, type Shape, sizeOf, typeError } from '../ir/graph.ts'
import type { NdArray } from '../ir/lowering.ts'
import { fill } from './leaf.ts'

/** The shape with another length along one axis. */
const withLength = (shape: Shape, axis: number, length: number): Shape => shape.with(axis, length)
const axisOf = ({ attrs }: Node): number => attrs.axis as number
const lengthOf = (x: { readonly shape: Shape }, axis: number): number => x.shape[axis] as number

/** Stacks along an axis. */
export const concatOp: Op = {
  name: 'concat',
  type: (inputs, attrs) => {
    const axis = attrs.axis as number
    const [first] = inputs
    const alike = (x: { readonly shape: Shape }) =>
      x.shape.length > axis && String(withLength(x.shape, axis, 0)) === String(withLength(first?.shape ?? [], axis, 0))
    if (!first || !inputs.every((x) => x.dtype === first.dtype && alike(x)))
      throw typeError('concat', inputs, `arrays alike but for axis ${axis}`)
    const length = inputs.reduce((total, x) => total + lengthOf(x, axis), 0)
    return { dtype: first.dtype, shape: withLength(first.shape, axis, length) }
  },
  grad: (dy, self) => {
    const axis = axisOf(self)
    return split(
      dy,
      self.inputs.map((x) => lengthOf(x, axis)),
      axis,
    )
  },
  lower: {
    tensorflow: (tf, inputs, self) =>
      tf.emit('ConcatV2', [...inputs, tf.ints([axisOf(self)], [])], {
        T: { type: self.dtype },
        N: { int: inputs.length },
        Tidx: { type: 'int32' },
      }),
    tfjs: (tf, inputs, self) => tf.concat([...inputs], axisOf(self)),
    reference: (inputs, self) => joined(inputs, self.shape, axisOf(self)),
  },
}

/** Arrays row by row of what lies before the axis, one after another. */
function joined(inputs: readonly NdArray[], shape: Shape, axis: number): NdArray {
  const data = new Float64Array(sizeOf(shape))
  let at = 0
  for (let row = 0; row < sizeOf(shape.slice(0, axis)); row++) {
    for (const x of inputs) {
      const size = sizeOf(x.shape.slice(axis))
      data.set(x.data.subarray(row * size, (row + 1) * size), at)
      at += size
    }
  }
  return { shape, data }
}

/**
 * Cuts an axis into consecutive pieces, a tuple read by `part`. One node for hundreds of pieces: adapters of all layers
 * live in one packed array, and the gradient of the pieces is one concatenation.
 */
export const splitOp: Op = {
  name: 'split',
  type: (inputs, attrs) => {
    const [x] = inputs
    const [axis, sizes] = [attrs.axis as number, attrs.sizes as readonly number[]]
    const total = sizes.reduce((sum, size) => sum + size, 0)
    if (!x || x.shape[axis] !== total) throw typeError('split', inputs, `length ${total} along axis ${axis}`)
    return x
  },
  gradOfParts: (adjoints, self) => {
    const axis = axisOf(self)
    const sizes = self.attrs.sizes as readonly number[]
    const pieces = sizes.map((size, i) => adjoints[i] ?? fill(0, withLength(self.shape, axis, size)))
    return [concat(pieces, axis)]
  },
  lower: {
    tensorflow: (tf, [x], self) => {
      const sizes = self.attrs.sizes as number[]
      const attributes = { T: { type: self.dtype }, Tlen: { type: 'int32' }, num_split: { int: sizes.length } } as const
      return tf.emit('SplitV', [x as string, tf.ints(sizes), tf.ints([axisOf(self)], [])], attributes)
    },
    tfjs: (tf, [x], self) => tf.split(x as tfjs.Tensor, [...(self.attrs.sizes as number[])], axisOf(self)),
    reference: ([x], self) => cut(x as NdArray, self.attrs.sizes as readonly number[], axisOf(self)),
  },
}

function cut({ shape, data }: NdArray, sizes: readonly number[], axis: number): NdArray[] {
  const inner = sizeOf(shape.slice(axis + 1))
  const whole = inner * (shape[axis] as number)
  let begin = 0
  return sizes.map((size) => {
    const piece = { shape: withLength(shape, axis, size), data: new Float64Array((data.length / whole) * size * inner) }
    for (let row = 0; row * whole < data.length; row++) {
      const from = row * whole + begin
      piece.data.set(data.subarray(from, from + size * inner), row * size * inner)
    }
    begin += size * inner
    return piece
  })
}

/** One piece of a `split`. Backends resolve it from the tuple. */
export const partOp: Op = {
  name: 'part',
  type: (inputs, attrs) => {
    const [whole] = inputs
    const size = (attrs.sizes as readonly number[])[attrs.index as number]
    if (!whole || size === undefined) throw typeError('part', inputs, 'a split')
    return { dtype: whole.dtype, shape: withLength(whole.shape, attrs.axis as number, size) }
  },
  lower: {
    tensorflow: (_, [whole], { attrs }) =>
      (attrs.index as number) === 0 ? (whole as string) : `${whole}:${attrs.index}`,
    tfjs: () => {
      throw new Error('parts are resolved by the backend')
    },
    reference: () => {
      throw new Error('parts are resolved by the backend')
    },
  },
}

export const concat = (inputs: readonly Node[], axis = 0): Node =>
  inputs.length === 1 ? (inputs[0] as Node) : node(concatOp, inputs, { axis })
export function split(x: Node, sizes: readonly number[], axis = 0): Node[] {
  if (sizes.length === 1) return [x]
  const whole = node(splitOp, [x], { sizes, axis })
  return sizes.map((_, index) => node(partOp, [whole], { index, sizes, axis }))
}
