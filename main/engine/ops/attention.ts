import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, type Shape, sizeOf, type TensorType, typeError } from '../ir/graph.ts'
import type { NdArray } from '../ir/lowering.ts'
import { split } from './pieces.ts'
import { reshape } from './shape.ts'
import { softmaxRows } from './softmax.ts'

/** q [B, T, heads, size], keys and values [B, S, groups, size], bias [1 or B, 1 or T, S]. */
type Sizes = {
  readonly batch: number
  readonly length: number
  readonly keys: number
  readonly heads: number
  readonly groups: number
  readonly size: number
}

function sizesOf(name: string, inputs: readonly TensorType[], adjoints: boolean): Sizes {
  const [q, k, v, bias, dy] = inputs
  const [batch, length, heads, size] = (q?.shape ?? []) as [number, number, number, number]
  const [, keys, groups] = (k?.shape ?? []) as [number, number, number]
  const fits =
    q?.shape.length === 4 &&
    String(k?.shape) === String([batch, keys, groups, size]) &&
    String(v?.shape) === String(k?.shape) &&
    heads % groups === 0 &&
    bias?.shape.length === 3 &&
    [1, batch].includes(bias.shape[0] as number) &&
    [1, length].includes(bias.shape[1] as number) &&
    bias.shape[2] === keys &&
    (!adjoints || String(dy?.shape) === String([batch * length, heads * size]))
  if (!fits)
    throw typeError(name, inputs, 'q [B, T, heads, size], keys and values [B, S, groups, size], bias [B, T, S]')
  return { batch, length, keys, heads, groups, size }
}

const attrsOf = ({ inputs }: Node) => {
  const { heads, groups } = sizesOf('attention', inputs, false)
  return { heads: { int: heads }, groups: { int: groups } }
}

/**
 * softmax(q k^T + bias) v of grouped heads (arXiv 1706.03762, 2305.13245), [B*T, heads*size]: one kernel that keeps scores
 * in the cache and forms them again for the gradient (arXiv 2205.14135). Where TensorFlow has no such kernel, models are built
 * of products and softmax instead (`models/attention.ts`). The size of a head is a multiple of 16. No gradient in the bias.
 */
export const attentionOp: Op = {
  name: 'attention',
  type: (inputs) => {
    const { batch, length, heads, size } = sizesOf('attention', inputs, false)
    return { dtype: 'float32', shape: [batch * length, heads * size] }
  },
  grad: (dy, { inputs }) => {
    const slopes = node(attentionGradOp, [...inputs, dy])
    const parts = inputs.slice(0, 3)
    const pieces = split(
      slopes,
      parts.map(({ shape }) => sizeOf(shape)),
    )
    return [...parts.map(({ shape }, i) => reshape(pieces[i] as Node, shape)), null]
  },
  lower: {
    tensorflow: (tf, inputs, self) => tf.emit('DoraAttention', inputs, attrsOf(self)),
    tfjs: (tf, inputs, self) => tf.tidy(() => inTfjs(tf, inputs, sizesOf('attention', self.inputs, false)).y),
    reference: (inputs, self) => ({
      shape: self.shape,
      data: attended(inputs, sizesOf('attention', self.inputs, false), null).y,
    }),
  },
}

/** The adjoints of q, keys and values, one behind the other: one array, as TensorFlow then needs one node. */
export const attentionGradOp: Op = {
  name: 'attentionGrad',
  type: (inputs) => {
    sizesOf('attentionGrad', inputs, true)
    return { dtype: 'float32', shape: [inputs.slice(0, 3).reduce((total, { shape }) => total + sizeOf(shape), 0)] }
  },
  lower: {
    tensorflow: (tf, inputs, self) => tf.emit('DoraAttentionGrad', inputs, attrsOf(self)),
    tfjs: (tf, inputs, self) =>
      tf.tidy(() => {
        const { slopes } = inTfjs(tf, inputs, sizesOf('attention', self.inputs, true))
        return tf.concat(slopes(inputs[4] as tfjs.Tensor).map((part) => tf.reshape(part, [part.size])))
      }),
    reference: (inputs, self) => {
      const { slopes } = attended(inputs, sizesOf('attention', self.inputs, true), (inputs[4] as NdArray).data)
      return { shape: self.shape, data: slopes }
    },
  },
}

/** The float64 meaning, one query of one head at a time; `slopes` are zero without adjoints. */
function attended(inputs: readonly NdArray[], sizes: Sizes, dy: Float64Array | null) {
  const [q, k, v, bias] = inputs as [NdArray, NdArray, NdArray, NdArray]
  const { batch, length, keys, heads, groups, size } = sizes
  const y = new Float64Array(q.data.length)
  const slopes = new Float64Array(q.data.length + 2 * k.data.length)
  const [dk, dv] = [q.data.length, q.data.length + k.data.length]
  const [samples, rows] = bias.shape as [number, number]
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < length; t++) {
      const masked = ((samples > 1 ? b : 0) * rows + (rows > 1 ? t : 0)) * keys
      for (let h = 0; h < heads; h++) {
        const at = ((b * length + t) * heads + h) * size
        const group = Math.floor((h * groups) / heads)
        const key = (s: number) => ((b * keys + s) * groups + group) * size
        const dot = (x: Float64Array, from: number, z: Float64Array, to: number) => {
          let sum = 0
          for (let i = 0; i < size; i++) sum += (x[from + i] as number) * (z[to + i] as number)
          return sum
        }
        const scores = Float64Array.from(
          { length: keys },
          (_, s) => dot(q.data, at, k.data, key(s)) + (bias.data[masked + s] as number),
        )
        const weights = softmaxRows({ shape: [1, keys], data: scores })
        for (let s = 0; s < keys; s++)
          for (let i = 0; i < size; i++)
            y[at + i] = (y[at + i] as number) + (weights[s] as number) * (v.data[key(s) + i] as number)
        if (!dy) continue
        const dw = Float64Array.from({ length: keys }, (_, s) => dot(dy, at, v.data, key(s)))
        const mean = dot64(weights, dw)
        for (let s = 0; s < keys; s++) {
          const slope = (weights[s] as number) * ((dw[s] as number) - mean)
          for (let i = 0; i < size; i++) {
            addTo(slopes, at + i, slope * (k.data[key(s) + i] as number))
            addTo(slopes, dk + key(s) + i, slope * (q.data[at + i] as number))
            addTo(slopes, dv + key(s) + i, (weights[s] as number) * (dy[at + i] as number))
          }
        }
      }
    }
  }
  return { y, slopes }
}

function addTo(data: Float64Array, at: number, value: number): void {
  data[at] = (data[at] as number) + value
}

const dot64 = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)

/** The same of tfjs' kernels: query heads of a group stacked as rows, [B, groups, share * T, size]. */
function inTfjs(tf: typeof tfjs, inputs: readonly tfjs.Tensor[], sizes: Sizes) {
  const { batch, length, keys, heads, groups, size } = sizes
  const share = heads / groups
  const stacked = (x: tfjs.Tensor) =>
    tf.reshape(tf.transpose(tf.reshape(x, [batch, length, groups, share, size]), [0, 2, 3, 1, 4]), [
      batch,
      groups,
      share * length,
      size,
    ])
  const unstacked = (x: tfjs.Tensor) =>
    tf.transpose(tf.reshape(x, [batch, groups, share, length, size]), [0, 3, 1, 2, 4])
  const [q, dyOf] = [stacked(inputs[0] as tfjs.Tensor), stacked]
  const [k, v] = [1, 2].map((i) => tf.transpose(inputs[i] as tfjs.Tensor, [0, 2, 1, 3])) as [tfjs.Tensor, tfjs.Tensor]
  const bias = inputs[3] as tfjs.Tensor
  const placed = tf.reshape(bias, [bias.shape[0] as number, 1, 1, bias.shape[1] as number, keys])
  const scores = tf.add(tf.reshape(tf.matMul(q, k, false, true), [batch, groups, share, length, keys]), placed)
  const weights = tf.reshape(tf.softmax(scores), [batch, groups, share * length, keys])
  const slopes = (adjoint: tfjs.Tensor): tfjs.Tensor[] => {
    const dy = dyOf(adjoint)
    const dw = tf.matMul(dy, v, false, true)
    const ds = tf.mul(weights, tf.sub(dw, tf.sum(tf.mul(weights, dw), -1, true)))
    const byKey = (x: tfjs.Tensor) => tf.transpose(x, [0, 2, 1, 3])
    return [unstacked(tf.matMul(ds, k)), byKey(tf.matMul(ds, q, true)), byKey(tf.matMul(weights, dy, true))]
  }
  return {
    y: tf.reshape(unstacked(tf.matMul(weights, v)), [batch * length, heads * size] as Shape as number[]),
    slopes,
  }
}

/** See {@link attentionOp}. */
export const attention = (q: Node, keys: Node, values: Node, bias: Node): Node =>
  node(attentionOp, [q, keys, values, bias])
