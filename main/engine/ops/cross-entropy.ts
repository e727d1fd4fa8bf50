import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, type Shape, typeError } from '../ir/graph.ts'
import type { NdArray, TfEmitter } from '../ir/lowering.ts'
import { rowsOf } from './reference.ts'
import { softmaxRows } from './softmax.ts'

const FLOAT = { type: 'float32' } as const
const INT = { type: 'int32' } as const
/** Logits [N, V] and targets [N], and where `adjoints` the adjoints [N] of the losses. */
const checked =
  (name: string, adjoints: boolean): Op['type'] =>
  (inputs) => {
    const [logits, targets, dy] = inputs
    const rows = logits?.shape.length === 2 ? logits.shape[0] : undefined
    const fits = targets?.dtype === 'int32' && targets.shape[0] === rows && (!adjoints || dy?.shape[0] === rows)
    if (!logits || rows === undefined || !fits)
      throw typeError(name, inputs, `logits [N, V], int32 targets [N]${adjoints ? ' and adjoints [N]' : ''}`)
    return adjoints ? logits : { dtype: 'float32', shape: [rows] }
  }

/**
 * -log softmax(logits)[target] of each row, in nats. TensorFlow's own op takes several slow passes over logits [N, V]; here
 * one fast softmax p serves the loss, as log sum exp(z) = max z - log max p, and its gradient.
 */
export const crossEntropyOp: Op = {
  name: 'crossEntropy',
  type: checked('crossEntropy', false),
  grad: (dy, { inputs }) => [node(crossEntropyGradOp, [...inputs, dy]), null],
  lower: {
    tensorflow: (tf, [logits, targets]) => {
      if (tf.kernels) return tf.emit('DoraCrossEntropy', [logits as string, targets as string])
      const [z, t] = [logits as string, targets as string]
      const logSum = tf.emit('Sub', [largest(tf, z), tf.emit('Log', [mostLikely(tf, z)], { T: FLOAT })], { T: FLOAT })
      const types = { Tparams: FLOAT, Tindices: INT, Taxis: INT, batch_dims: { int: 1 } } as const
      return tf.emit('Sub', [logSum, tf.emit('GatherV2', [z, t, tf.ints([1], [])], types)], { T: FLOAT })
    },
    tfjs: (tf, [logits, targets]) =>
      tf.tidy(() => {
        const log = tf.logSoftmax(logits as tfjs.Tensor2D)
        return tf.neg(tf.sum(tf.mul(log, hot(tf, targets as tfjs.Tensor, log.shape)), 1))
      }),
    reference: ([logits, targets], { shape }) => {
      const likely = softmaxRows(logits as NdArray)
      const { columns } = rowsOf(logits as NdArray)
      const loss = (target: number, i: number) => -Math.log(likely[i * columns + target] as number)
      return { shape, data: Float64Array.from((targets as NdArray).data, loss) }
    },
  },
}

/** dy (softmax(logits) - onehot(targets)): the adjoint of `crossEntropy`'s logits (itself not differentiated again). */
export const crossEntropyGradOp: Op = {
  name: 'crossEntropyGrad',
  type: checked('crossEntropyGrad', true),
  lower: {
    tensorflow: (tf, [logits, targets, dy], { shape }) => {
      if (tf.kernels) return slopeByKernel(tf, 'DoraCrossEntropy', [logits, targets, dy] as string[])
      const [z, t, adjoints] = [logits as string, targets as string, dy as string]
      const column = tf.emit('Reshape', [adjoints, tf.ints([shape[0] as number, 1])], { T: FLOAT, Tshape: INT })
      // Once the loss has read the probabilities, both nodes may write over them.
      const scaled = tf.emit('Mul', [probabilities(tf, z), column, `^${mostLikely(tf, z)}`], { T: FLOAT })
      return tf.emit('TensorScatterSub', [scaled, places(tf, t, shape), adjoints], { T: FLOAT, Tindices: INT })
    },
    tfjs: (tf, [logits, targets, dy]) =>
      tf.tidy(() => {
        const slope = tf.sub(tf.softmax(logits as tfjs.Tensor), hot(tf, targets as tfjs.Tensor, logits?.shape ?? []))
        return tf.mul(slope, tf.expandDims(dy as tfjs.Tensor, 1))
      }),
    reference: ([logits, targets, dy], { shape }) => {
      const data = softmaxRows(logits as NdArray)
      const { columns } = rowsOf(logits as NdArray)
      targets?.data.forEach((target, i) => {
        data[i * columns + target] = (data[i * columns + target] as number) - 1
      })
      return {
        shape,
        data: data.map((value, at) => value * ((dy as NdArray).data[Math.floor(at / columns)] as number)),
      }
    },
  },
}

/** The gradient by the kernel of a loss: once that has been taken, it may be written over the logits. */
export function slopeByKernel(tf: TfEmitter, loss: string, inputs: readonly string[]): string {
  const taken = tf.emit(loss, inputs.slice(0, 2))
  return tf.emit(`${loss}Grad`, [...inputs, `^${taken}`])
}

const probabilities = (tf: TfEmitter, logits: string): string => tf.emit('Softmax', [logits], { T: FLOAT })

/** The largest element of each row. */
const largest = (tf: TfEmitter, x: string): string =>
  tf.emit('Max', [x, tf.ints([1])], { T: FLOAT, Tidx: INT, keep_dims: { bool: false } })

const mostLikely = (tf: TfEmitter, logits: string): string => largest(tf, probabilities(tf, logits))

/** Row and column of each target, [N, 2]. */
function places(tf: TfEmitter, targets: string, [rows]: Shape): string {
  const numbers = tf.ints(Array.from({ length: rows as number }, (_, i) => i))
  return tf.emit('Pack', [numbers, targets], { T: INT, N: { int: 2 }, axis: { int: 1 } })
}

const hot = (tf: typeof tfjs, targets: tfjs.Tensor, shape: Shape): tfjs.Tensor =>
  tf.cast(tf.oneHot(targets as tfjs.Tensor1D, shape[1] as number), 'float32')

export const crossEntropy = (logits: Node, targets: Node): Node => node(crossEntropyOp, [logits, targets])
