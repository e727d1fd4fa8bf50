import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, typeError } from '../ir/graph.ts'
import type { NdArray, TfEmitter } from '../ir/lowering.ts'
import { mul, sub } from './elementwise.ts'
import { sum } from './reduce.ts'
import { rowsOf } from './reference.ts'
import { reshape } from './shape.ts'

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

function softmaxRows(x: NdArray): Float64Array {
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

const emitCrossEntropy = (tf: TfEmitter, inputs: readonly string[]) =>
  tf.emit('SparseSoftmaxCrossEntropyWithLogits', inputs, { T: { type: 'float32' }, Tlabels: { type: 'int32' } })

const logitsAndTargets =
  (name: string): Op['type'] =>
  (inputs) => {
    const [logits, targets] = inputs
    const fits = logits?.shape.length === 2 && targets?.dtype === 'int32' && targets.shape[0] === logits.shape[0]
    if (!logits || !fits) throw typeError(name, inputs, 'logits [N, V] and int32 targets [N]')
    return name === 'crossEntropy' ? { dtype: 'float32', shape: [logits.shape[0] as number] } : logits
  }

/** -log softmax(logits)[target] of each row, in nats. */
export const crossEntropyOp: Op = {
  name: 'crossEntropy',
  type: logitsAndTargets('crossEntropy'),
  grad: (dy, { inputs }) => {
    const [logits, targets] = inputs as [Node, Node]
    return [mul(reshape(dy, [dy.shape[0] as number, 1]), node(crossEntropyGradOp, [logits, targets])), null]
  },
  lower: {
    tensorflow: emitCrossEntropy,
    tfjs: (tf, [logits, targets]) =>
      tf.tidy(() => {
        const log = tf.logSoftmax(logits as tfjs.Tensor2D)
        const hot = tf.oneHot(targets as tfjs.Tensor1D, log.shape[1] as number)
        return tf.neg(tf.sum(tf.mul(log, tf.cast(hot, 'float32')), 1))
      }),
    reference: ([logits, targets], { shape }) => {
      const probabilities = softmaxRows(logits as NdArray)
      const { columns } = rowsOf(logits as NdArray)
      const data = Float64Array.from(
        (targets as NdArray).data,
        (target, i) => -Math.log(probabilities[i * columns + target] as number),
      )
      return { shape, data }
    },
  },
}

/** softmax(logits) - onehot(targets): the derivative of `crossEntropy` in the logits (itself not differentiated again). */
export const crossEntropyGradOp: Op = {
  name: 'crossEntropyGrad',
  type: logitsAndTargets('crossEntropyGrad'),
  lower: {
    // Second output of the same node that computed the loss: nothing is computed twice.
    tensorflow: (tf, inputs) => `${emitCrossEntropy(tf, inputs)}:1`,
    tfjs: (tf, [logits, targets]) =>
      tf.tidy(() => {
        const hot = tf.oneHot(targets as tfjs.Tensor1D, (logits as tfjs.Tensor).shape[1] as number)
        return tf.sub(tf.softmax(logits as tfjs.Tensor), tf.cast(hot, 'float32'))
      }),
    reference: ([logits, targets], { shape }) => {
      const data = softmaxRows(logits as NdArray)
      const { columns } = rowsOf(logits as NdArray)
      targets?.data.forEach((target, i) => {
        data[i * columns + target] = (data[i * columns + target] as number) - 1
      })
      return { shape, data }
    },
  },
}

export const softmax = (x: Node): Node => node(softmaxOp, [x])
export const crossEntropy = (logits: Node, targets: Node): Node => node(crossEntropyOp, [logits, targets])
