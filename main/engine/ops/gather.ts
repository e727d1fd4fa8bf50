import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, sameShape, sizeOf, typeError } from '../ir/graph.ts'
import type { NdArray } from '../ir/lowering.ts'

/** Rows of axis 0 chosen by int32 indices of rank 1. Indices are checked before they are fed. */
export const gatherOp: Op = {
  name: 'gather',
  type: (inputs) => {
    const [x, indices] = inputs
    if (!x || x.shape.length === 0 || indices?.dtype !== 'int32' || indices.shape.length !== 1) {
      throw typeError('gather', inputs, 'an array and int32 indices of rank 1')
    }
    return { dtype: x.dtype, shape: [indices.shape[0] as number, ...x.shape.slice(1)] }
  },
  grad: (dy, { inputs }) => {
    const [x, indices] = inputs as [Node, Node]
    return [segmentSum(dy, indices, x.shape[0] as number), null]
  },
  lower: {
    tensorflow: (tf, inputs, { dtype }) =>
      tf.emit('GatherV2', [...inputs, tf.ints([0], [])], {
        Tparams: { type: dtype },
        Tindices: { type: 'int32' },
        Taxis: { type: 'int32' },
        batch_dims: { int: 0 },
      }),
    tfjs: (tf, [x, indices]) => tf.gather(x as tfjs.Tensor, indices as tfjs.Tensor1D, 0),
    reference: ([x, indices], { shape }) => {
      const row = sizeOf(shape.slice(1))
      const data = new Float64Array(sizeOf(shape))
      indices?.data.forEach((from, to) => {
        data.set((x as NdArray).data.subarray(from * row, (from + 1) * row), to * row)
      })
      return { shape, data }
    },
  },
}

/** Adds row i of the data to row ids[i] of `count` rows: the adjoint of `gather`, and sums by group. */
export const segmentSumOp: Op = {
  name: 'segmentSum',
  type: (inputs, attrs) => {
    const [x, ids] = inputs
    if (!x || ids?.dtype !== 'int32' || ids.shape.length !== 1 || ids.shape[0] !== x.shape[0]) {
      throw typeError('segmentSum', inputs, 'rows and one int32 id each')
    }
    return { dtype: x.dtype, shape: [attrs.count as number, ...x.shape.slice(1)] }
  },
  grad: (dy, { inputs }) => [gather(dy, inputs[1] as Node), null],
  lower: {
    tensorflow: (tf, inputs, { dtype, attrs }) =>
      tf.emit('UnsortedSegmentSum', [...inputs, tf.ints([attrs.count as number], [])], {
        T: { type: dtype },
        Tindices: { type: 'int32' },
        Tnumsegments: { type: 'int32' },
      }),
    // Equal indices add up. tfjs's unsortedSegmentSum goes through all rows once for each of `count`, and wasm lacks it.
    tfjs: (tf, [x, ids], { shape }) => tf.scatterND(tf.expandDims(ids as tfjs.Tensor, 1), x as tfjs.Tensor, [...shape]),
    reference: ([x, ids], { shape }) => {
      const row = sizeOf(shape.slice(1))
      const data = new Float64Array(sizeOf(shape))
      ids?.data.forEach((to, from) => {
        for (let k = 0; k < row; k++) {
          data[to * row + k] = (data[to * row + k] as number) + ((x as NdArray).data[from * row + k] as number)
        }
      })
      return { shape, data }
    },
  },
}

/** x with row i of the third operand added to its row ids[i]: what `segmentSum` gives is never formed. */
export const addRowsOp: Op = {
  name: 'addRows',
  type: (inputs) => {
    const [x, ids, rows] = inputs
    const fits = ids?.dtype === 'int32' && ids.shape.length === 1 && ids.shape[0] === rows?.shape[0]
    if (!x || !rows || !fits || x.dtype !== rows.dtype || !sameShape(x.shape.slice(1), rows.shape.slice(1)))
      throw typeError('addRows', inputs, 'an array, int32 ids and as many rows')
    return x
  },
  grad: (dy, { inputs: [, ids] }) => [dy, null, gather(dy, ids as Node)],
  lower: {
    tensorflow: (tf, [x, ids, rows], { dtype, inputs }) => {
      const places = tf.emit('Reshape', [ids as string, tf.ints([inputs[1]?.shape[0] as number, 1])], {
        T: { type: 'int32' },
        Tshape: { type: 'int32' },
      })
      // Writes into the array that it is given where nothing else reads that.
      return tf.emit('TensorScatterAdd', [x as string, places, rows as string], {
        T: { type: dtype },
        Tindices: { type: 'int32' },
      })
    },
    tfjs: (tf, [x, ids, rows], { shape }) =>
      tf.tidy(() =>
        tf.add(x as tfjs.Tensor, tf.scatterND(tf.expandDims(ids as tfjs.Tensor, 1), rows as tfjs.Tensor, [...shape])),
      ),
    reference: ([x, ids, rows], { shape }) => {
      const width = sizeOf(shape.slice(1))
      const data = Float64Array.from((x as NdArray).data)
      ids?.data.forEach((to, from) => {
        for (let k = 0; k < width; k++)
          data[to * width + k] = (data[to * width + k] as number) + ((rows as NdArray).data[from * width + k] as number)
      })
      return { shape, data }
    },
  },
}

/** Index of the largest element along the last axis (the first one at a tie). */
export const argmaxOp: Op = {
  name: 'argmax',
  type: (inputs) => {
    const [x] = inputs
    if (!x || x.shape.length === 0) throw typeError('argmax', inputs, 'at least one axis')
    return { dtype: 'int32', shape: x.shape.slice(0, -1) }
  },
  lower: {
    tensorflow: (tf, [x], { inputs }) => {
      const { dtype, shape } = inputs[0] as Node
      return tf.emit('ArgMax', [x as string, tf.ints([shape.length - 1], [])], {
        T: { type: dtype },
        Tidx: { type: 'int32' },
        output_type: { type: 'int32' },
      })
    },
    tfjs: (tf, [x]) => tf.argMax(x as tfjs.Tensor, -1),
    reference: ([x], { shape }) => {
      const { data, shape: from } = x as NdArray
      const columns = from[from.length - 1] as number
      const best = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
        const row = data.subarray(i * columns, (i + 1) * columns)
        return row.indexOf(Math.max(...row))
      })
      return { shape, data: best }
    },
  },
}

export const gather = (x: Node, indices: Node): Node => node(gatherOp, [x, indices])
export const segmentSum = (x: Node, ids: Node, count: number): Node => node(segmentSumOp, [x, ids], { count })
export const addRows = (x: Node, ids: Node, rows: Node): Node => node(addRowsOp, [x, ids, rows])
export const argmax = (x: Node): Node => node(argmaxOp, [x])
