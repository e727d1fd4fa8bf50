import type { Tensor } from '@tensorflow/tfjs-core'
import { runOperation, type Tf } from './run-operation.ts'
import { timeOf } from './time-of.ts'

const [BATCH, LENGTH, HEADS, SIZE] = [4, 256, 9, 64] as const
/** Below every score, as the engine hides keys. */
const HIDDEN = -1e9
const ROUNDS = 5

/** [1, LENGTH, LENGTH]: a query sees the keys up to its own. */
const causalBias = (): Float32Array =>
  Float32Array.from({ length: LENGTH * LENGTH }, (_, i) => (i % LENGTH > Math.floor(i / LENGTH) ? HIDDEN : 0))

/**
 * How many times as fast causal attention is by the kernel, which is registered, as by TensorFlow's own operations: best of
 * five by turns, some 0.2 s. Attention is the kernel with the most arithmetic: what a compiler makes of it tells of them all.
 */
export function kernelSpeed(tf: Tf): number {
  return tf.tidy(() => {
    const bias = tf.tensor(causalBias(), [1, LENGTH, LENGTH])
    const rows = tf.randomNormal([BATCH, LENGTH, HEADS, SIZE])
    const heads: Tensor = tf.randomNormal([BATCH * HEADS, LENGTH, SIZE])
    const byKernel = () => runOperation(tf, 'DoraAttention', { heads: HEADS, groups: HEADS }, [rows, rows, rows, bias])
    const byTensorflow = () =>
      tf.tidy(() => tf.matMul(tf.softmax(tf.add(tf.matMul(heads, heads, false, true), bias)), heads))
    const times = Array.from({ length: ROUNDS + 1 }, () => [timeOf(byKernel), timeOf(byTensorflow)] as const).slice(1)
    return Math.min(...times.map(([, own]) => own)) / Math.min(...times.map(([kernel]) => kernel))
  })
}
