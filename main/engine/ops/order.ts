import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, typeError } from '../ir/graph.ts'
import type { NdArray } from '../ir/lowering.ts'

/** The first input, not before the second has been computed. */
export const afterOp: Op = {
  name: 'after',
  type: (inputs) => {
    const [x, gate] = inputs
    if (!x || !gate || inputs.length !== 2) throw typeError('after', inputs, 'a result and what it waits for')
    return x
  },
  grad: (dy) => [dy, null],
  lower: {
    // A copy of the handle, not of the array. The control edge is part of the node's identity, so neither the emitter nor
    // TensorFlow's own search for common subexpressions takes a repeated computation for the first one.
    tensorflow: (tf, [x, gate], { dtype }) =>
      tf.emit('Identity', [x as string, `^${(gate as string).split(':')[0]}`], { T: { type: dtype } }),
    tfjs: (tf, [x]) => tf.clone(x as tfjs.Tensor),
    reference: ([x]) => x as NdArray,
  },
}

/**
 * `x` as a node that is not ready before `gate` is: what only depends on the result waits too. TensorFlow runs every node
 * as soon as its inputs are there, so whatever depends on weights alone (a merged weight, unpacked codes) would be
 * computed for all layers at the very start and kept until it is used:
 *
 *     matmul(x, unpack(after(codes, x)))           // unpacked when the layer's input is there, freed after the product
 *     matmul(dy, unpack(after(codes, dy)))         // unpacked again in the backward pass: another node, not the first
 *
 * `gate` must not depend on the result. Costs a TensorFlow node, no copy. Backends that go node by node compute `gate`
 * first, too.
 */
export const after = (x: Node, gate: Node): Node => node(afterOp, [x, gate])

/** The input; a mark in the graph between two layers, in the gradient as well. */
export const boundaryOp: Op = {
  name: 'boundary',
  type: (inputs) => {
    const [x] = inputs
    if (!x || inputs.length !== 1) throw typeError('boundary', inputs, 'one operand')
    return x
  },
  grad: (dy) => [boundary(dy)],
  lower: {
    tensorflow: (_, [x]) => x as string,
    tfjs: (tf, [x]) => tf.clone(x as tfjs.Tensor),
    reference: ([x]) => x as NdArray,
  },
}

/**
 * `x` where a layer begins or ends. Costs nothing; a backend may take what lies between two boundaries as one piece, and
 * pieces that are alike as one that is used many times (`ir/regions.ts`).
 */
export const boundary = (x: Node): Node => node(boundaryOp, [x])
