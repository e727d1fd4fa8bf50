import { type Node, node, type Op, type Program, sameShape, signatureRoots, topological } from '../../ir/graph.ts'
import { rewrite, withInputs } from '../../ir/rewrite.ts'
import { onlyInTensorflow } from './only-in-tensorflow.ts'

/** Products of higher rank are oneDNN's. */
const MAX_RANK = 64
/** Numbers of a row that the kernel takes at once. */
const LANES = 16

/** weight + b a, or gain weight + b a: inputs weight [out, in], b [out, r], a [r, in] and perhaps gain [out, 1]. */
const lowRankSumOp: Op = {
  name: 'lowRankSum',
  type: ([weight]) => ({ dtype: 'float32', shape: weight?.shape ?? [] }),
  lower: {
    tensorflow: (tf, inputs) => tf.emit('DoraLowRankSum', inputs, { inputs: { int: inputs.length } }),
    tfjs: onlyInTensorflow,
    reference: onlyInTensorflow,
  },
}

/**
 * The program with effective weights W + B A, and DoRA's g W + (g B) A, as one node each: W is read once and the sum written
 * once, where product, gain and sum by themselves read and write seven arrays of that size.
 */
export function withLowRankSums(program: Program): Program {
  const readers = readerCounts(program)
  const only = (node: Node) => readers.get(node) === 1
  return rewrite(program, (node, inputs) =>
    node.op.name === 'add' ? (lowRankSum(node, inputs, only) ?? withInputs(node, inputs)) : withInputs(node, inputs),
  )
}

function lowRankSum(sum: Node, inputs: readonly Node[], only: (node: Node) => boolean): Node | null {
  for (const [i, product] of inputs.entries()) {
    const other = inputs[1 - i] as Node
    if (!isLowRank(product) || !only(sum.inputs[i] as Node) || !sameShape(product.shape, other.shape)) continue
    const [gain, weight] = only(sum.inputs[1 - i] as Node) ? gained(other) : [null, other]
    return node(lowRankSumOp, [weight, ...product.inputs, ...(gain ? [gain] : [])])
  }
  return null
}

function isLowRank({ op, dtype, shape, attrs, inputs }: Node): boolean {
  if (op.name !== 'matmul' || dtype !== 'float32' || shape.length !== 2) return false
  const turned = attrs.transposeA === true || attrs.transposeB === true
  const [rows, columns] = shape as [number, number]
  const rank = inputs[0]?.shape[1] as number
  return !turned && rank <= MAX_RANK && Math.min(rows, columns) > 2 * rank && columns % LANES === 0
}

/** A weight scaled row by row, as its gain and itself. */
function gained(scaled: Node): readonly [gain: Node | null, weight: Node] {
  if (scaled.op.name !== 'mul') return [null, scaled]
  const [a, b] = scaled.inputs as [Node, Node]
  const column = [scaled.shape[0] as number, 1]
  if (sameShape(a.shape, column) && sameShape(b.shape, scaled.shape)) return [a, b]
  return sameShape(b.shape, column) && sameShape(a.shape, scaled.shape) ? [b, a] : [null, scaled]
}

/** How many nodes read each node, over all entry points. */
function readerCounts({ signatures }: Program): Map<Node, number> {
  const counts = new Map<Node, number>()
  const count = (read: Node) => counts.set(read, (counts.get(read) ?? 0) + 1)
  const roots = Object.values(signatures).flatMap(signatureRoots)
  for (const { inputs } of topological(roots)) inputs.forEach(count)
  roots.forEach(count)
  return counts
}
