import { gradients } from '../ir/autodiff.ts'
import { type Node, sizeOf } from '../ir/graph.ts'
import { toFloat } from './cast.ts'
import { withGradient } from './custom.ts'
import {
  add,
  addAdjoints,
  div,
  equal,
  erf,
  maximum,
  mul,
  scale,
  select,
  sigmoid,
  square,
  sub,
  tanh,
} from './elementwise.ts'
import { addRows, gather } from './gather.ts'
import { fill, intConstant } from './leaf.ts'
import { sum, sumAll } from './reduce.ts'
import { reshape } from './shape.ts'
import { sigmoidGrad } from './slopes.ts'

/** Mean over `axes`, which stay as 1. */
export const mean = (x: Node, axes: readonly number[]): Node =>
  scale(sum(x, axes), 1 / axes.reduce((count, axis) => count * (x.shape[axis] as number), 1))

/** Mean over everything, a scalar. */
export const meanAll = (x: Node): Node => scale(sumAll(x), 1 / sizeOf(x.shape))

/** x where positive, else 0; gradient 0 at 0. */
export const relu = (x: Node): Node => maximum(fill(0), x)

/** x * sigmoid(x) (Hendrycks and Gimpel, arXiv 1606.08415, also called swish), whose slope is s + x s (1 - s). */
export function silu(x: Node): Node {
  const s = sigmoid(x)
  return withGradient(mul(x, s), [x, s], (dy, { inputs: [, x, s] }) => [
    mul(dy, add(s as Node, sigmoidGrad(s as Node, x as Node))),
    null,
  ])
}

/** x * Phi(x) with the normal distribution function Phi (GELU, arXiv 1606.08415). */
export const gelu = (x: Node): Node => mul(scale(x, 0.5), add(fill(1), erf(scale(x, Math.SQRT1_2))))

/** GELU with the paper's tanh approximation of Phi, as GPT-2 and Gemma were trained with. */
export function geluTanh(x: Node): Node {
  const inner = mul(x, add(fill(1), scale(square(x), 0.044715)))
  return mul(scale(x, 0.5), add(fill(1), tanh(scale(inner, Math.sqrt(2 / Math.PI)))))
}

/** a / b with 0 where b is 0. */
export function safeDivide(a: Node, b: Node): Node {
  const isZero = equal(b, fill(0))
  return select(isZero, fill(0), div(a, select(isZero, fill(1), b)))
}

/** x kept at `floor` or above. */
export const clampMin = (x: Node, floor: number): Node => maximum(x, fill(floor))

/** Rows of a table by int32 ids [n]; looking up row `still` gives it no gradient (torch.nn.Embedding's padding_idx). */
export function lookUp(table: Node, ids: Node, still: number | null): Node {
  const rows = gather(table, ids)
  if (still === null) return rows
  const learns = sub(fill(1), toFloat(equal(ids, intConstant(Int32Array.of(still), [1]))))
  return withGradient(rows, [rows], (dy) => [mul(dy, reshape(learns, [ids.shape[0] as number, 1]))])
}

/** The sum of two adjoints; rows that belong to a table are added to those of another use of it (tied weights) where they are. */
function joined(a: Node, b: Node): Node {
  if (a.op.name === 'segmentSum' && b.op.name !== 'segmentSum') return joined(b, a)
  if (b.op.name !== 'segmentSum') return addAdjoints(a, b)
  const [rows, ids] = b.inputs as [Node, Node]
  return addRows(a, ids, rows)
}

const ADJOINTS = { add: joined, zerosLike: ({ shape }: Node) => fill(0, shape) }

/** Gradients of a scalar in each of `wrt`. */
export const gradientsOf = (loss: Node, wrt: readonly Node[]): Node[] =>
  gradients(loss, fill(1, loss.shape), wrt, ADJOINTS)

/** Partial derivatives of sum(seed * y) in each of `wrt`, taken as independent of each other. */
export const partialsOf = (y: Node, seed: Node, wrt: readonly Node[]): Node[] => gradients(y, seed, wrt, ADJOINTS, true)
