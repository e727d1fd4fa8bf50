import { type Node, type Program, sameShape } from '../ir/graph.ts'
import { type Rewriting, rewrite, withInputs } from '../ir/rewrite.ts'
import { add, matmul, reshape, toBfloat16, transpose, widened } from '../ops/index.ts'

/**
 * The program with its matrix products in bfloat16, as torch.autocast has them: operands are rounded, sums are kept in
 * float32 inside a product, and its result is rounded once. Gradients that meet are added in bfloat16, too; everything else
 * between two products stays float32, above all the sum of base and adapter: what an adapter adds may be less than half a
 * step of bfloat16, and would vanish. Applied after differentiation, so that the products of the backward pass take part.
 * Products that are marked `exact` do not.
 */
export function inBfloat16(program: Program): Program {
  const narrow = narrowing()
  const rule: Rewriting = (node, inputs) => {
    const [a, b] = inputs as [Node, Node]
    if (node.op.name === 'matmul' && !node.attrs.exact) return widened(matmul(narrow(a), narrow(b), node.attrs))
    if (node.op.name === 'add' && node.attrs.adjoints && isResult(a) && isResult(b) && sameShape(a.shape, b.shape))
      return widened(add(narrow(a), narrow(b)))
    return withInputs(node, inputs)
  }
  return rewrite(program, rule)
}

/** Whether a node is the widened result of a product, or a sum of gradients. */
const isResult = ({ op, inputs: [x] }: Node): boolean =>
  op.name === 'cast' && x?.dtype === 'bfloat16' && (x.op.name === 'matmul' || x.op.name === 'add')

/**
 * bfloat16 of a node, made once for all of its users. What was bfloat16 before it was widened is not widened at all; then
 * the wait of a weight for its layer is idle, too, since nothing has to be unpacked.
 */
function narrowing(): (node: Node) => Node {
  const known = new Map<Node, Node>()
  const narrow = (node: Node): Node => {
    const before = known.get(node)
    if (before) return before
    const made = narrowed(node, narrow)
    known.set(node, made)
    return made
  }
  return narrow
}

function narrowed(node: Node, narrow: (node: Node) => Node): Node {
  const [x] = node.inputs
  if (x && node.op.name === 'cast' && x.dtype === 'bfloat16') return isIdleWait(x) ? (x.inputs[0] as Node) : x
  if (x && comesFromBfloat16(node)) {
    if (node.op.name === 'reshape') return reshape(narrow(x), node.shape)
    if (node.op.name === 'transpose') return transpose(narrow(x), node.attrs.permutation as readonly number[])
  }
  return toBfloat16(node)
}

const isIdleWait = ({ op, inputs }: Node): boolean => op.name === 'after' && inputs[0]?.op.name === 'read'

/** Whether a node is a widened array, moved about. */
function comesFromBfloat16(node: Node): boolean {
  let at: Node | undefined = node
  while (at && (at.op.name === 'reshape' || at.op.name === 'transpose')) at = at.inputs[0]
  return at?.op.name === 'cast' && at.inputs[0]?.dtype === 'bfloat16'
}
