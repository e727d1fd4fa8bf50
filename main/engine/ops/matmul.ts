import type * as tfjs from '@tensorflow/tfjs-core'
import { type Node, node, type Op, sameShape, sizeOf, type TensorType, typeError } from '../ir/graph.ts'
import type { NdArray } from '../ir/lowering.ts'

type Flags = {
  readonly transposeA: boolean
  readonly transposeB: boolean
  /** Stays in float32 where a run computes its products in bfloat16. */
  readonly exact?: boolean
}

/** [rows, inner] of the left and [inner, columns] of the right operand after the transpositions. */
function sides([a, b]: readonly [TensorType, TensorType], { transposeA, transposeB }: Omit<Flags, 'exact'>) {
  const [a0, a1] = a.shape.slice(-2) as [number, number]
  const [b0, b1] = b.shape.slice(-2) as [number, number]
  return {
    rows: transposeA ? a1 : a0,
    inner: transposeA ? a0 : a1,
    innerB: transposeB ? b1 : b0,
    columns: transposeB ? b0 : b1,
  }
}

/** Matrix product over the last two axes; the leading axes of both operands are equal. */
export const matmulOp: Op = {
  name: 'matmul',
  type: (inputs, attrs) => {
    const [a, b] = inputs
    const flags = attrs as Flags
    if (
      !a ||
      !b ||
      a.dtype !== b.dtype ||
      a.shape.length < 2 ||
      !sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
    ) {
      throw typeError('matmul', inputs, 'two stacks of matrices of one type')
    }
    const { rows, inner, innerB, columns } = sides([a, b], flags)
    if (inner !== innerB) throw typeError('matmul', inputs, `inner sizes alike, got ${inner} and ${innerB}`)
    return { dtype: a.dtype, shape: [...a.shape.slice(0, -2), rows, columns] }
  },
  grad: (dy, { inputs, attrs }) => {
    const [a, b] = inputs as [Node, Node]
    const { transposeA: ta, transposeB: tb, ...rest } = attrs as Flags
    const da = ta
      ? matmul(b, dy, { ...rest, transposeA: tb, transposeB: true })
      : matmul(dy, b, { ...rest, transposeB: !tb })
    const db = tb
      ? matmul(dy, a, { ...rest, transposeA: true, transposeB: ta })
      : matmul(a, dy, { ...rest, transposeA: !ta })
    return [da, db]
  },
  lower: {
    tensorflow: (tf, inputs, { dtype, shape, attrs }) => {
      const { transposeA, transposeB } = attrs as Flags
      return shape.length === 2
        ? tf.emit('MatMul', inputs, {
            T: { type: dtype },
            transpose_a: { bool: transposeA },
            transpose_b: { bool: transposeB },
          })
        : tf.emit('BatchMatMulV2', inputs, {
            T: { type: dtype },
            adj_x: { bool: transposeA },
            adj_y: { bool: transposeB },
          })
    },
    tfjs: (tf, [a, b], { attrs }) =>
      tf.matMul(a as tfjs.Tensor, b as tfjs.Tensor, attrs.transposeA as boolean, attrs.transposeB as boolean),
    reference: ([a, b], { shape, attrs }) => multiply(a as NdArray, b as NdArray, shape, attrs as Flags),
  },
}

function multiply(a: NdArray, b: NdArray, shape: readonly number[], flags: Flags): NdArray {
  const types = [a, b].map((x) => ({ dtype: 'float32', shape: x.shape })) as unknown as [TensorType, TensorType]
  const { rows, inner, columns } = sides(types, flags)
  const data = new Float64Array(sizeOf(shape))
  const stacks = sizeOf(shape.slice(0, -2))
  for (let s = 0; s < stacks; s++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let total = 0
        for (let k = 0; k < inner; k++) {
          const left = flags.transposeA ? k * rows + i : i * inner + k
          const right = flags.transposeB ? j * inner + k : k * columns + j
          total += (a.data[s * rows * inner + left] as number) * (b.data[s * inner * columns + right] as number)
        }
        data[(s * rows + i) * columns + j] = total
      }
    }
  }
  return { shape, data }
}

export const matmul = (a: Node, b: Node, flags: Partial<Flags> = {}): Node =>
  node(matmulOp, [a, b], { transposeA: false, transposeB: false, ...flags })
