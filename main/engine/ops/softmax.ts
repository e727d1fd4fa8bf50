import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, typeError } from '../ir/graph.ts'
import type { NdArray } from '../ir/lowering.ts'
import { mul, sub } from './elementwise.ts'
import { sum } from './reduce.ts'
import { rowsOf } from './reference.ts'

/** Softmax over the last axis. */
export const softmaxOp: Op = {
  name: 'softmax',
  type: (inputs) => {
    const [x] = inputs
    if (x?.dtype !== 'float32' || x.shape.length === 0) throw typeError('softmax', inputs, 'one float32 operand')
    return x
  },
  grad: (dy, self) => [mul(sub(dy, sum(mul(dy, self), [self.shape.length - 1])), self)],
  lower: {
    tensorflow: (tf, inputs, { dtype }) => tf.emit('Softmax', inputs, { T: { type: dtype } }),
    tfjs: (tf, [x]) => tf.softmax(x as tfjs.Tensor),
    reference: ([x], { shape }) => ({ shape, data: softmaxRows(x as NdArray) }),
  },
}

/** Softmax of each row, in float64. */
export function softmaxRows(x: NdArray): Float64Array {
  const { rows, columns } = rowsOf(x)
  const out = new Float64Array(x.data.length)
  for (let i = 0; i < rows; i++) {
    const row = x.data.subarray(i * columns, (i + 1) * columns)
    const top = Math.max(...row)
    const exps = row.map((value) => Math.exp(value - top))
    const total = exps.reduce((sum, value) => sum + value, 0)
    out.set(
      exps.map((value) => value / total),
      i * columns,
    )
  }
  return out
}

export const softmax = (x: Node): Node => node(softmaxOp, [x])
