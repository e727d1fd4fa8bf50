import { type Node, node, sizeOf, topological, type Vjp } from '../ir/graph.ts'
import { partialsOf } from './compose.ts'
import { withGradient, withGradientOp } from './custom.ts'
import { after } from './order.ts'

/**
 * `build(inputs)` of which nothing is kept for the backward pass but the inputs, and results that are cheaper to keep than
 * to compute again (see `worthKeeping`): there the rest is computed once more, not before the adjoint has arrived
 * (gradient checkpointing, arXiv 1604.06174). What does not depend on `inputs` (weights, masks) is shared by
 * both passes, and dropout is drawn again from the same seed, so both have the same values. Inside of what is repeated anyway, an inner one keeps its results: they
 * live no longer than that.
 */
export function recomputed(inputs: readonly Node[], build: (inputs: readonly Node[]) => Node): Node {
  const y = build(inputs)
  const leaves = [...inputs, ...captured(y, inputs)]
  const vjp: Vjp = (adjoint, self) => {
    const [first, ...outer] = self.inputs as [Node, ...Node[]]
    const inner = outer.map((leaf, i) => (i < inputs.length ? after(leaf, adjoint) : leaf))
    const again = repeat(first, new Map(outer.map((leaf, i) => [leaf, inner[i] as Node])), adjoint)
    return partialsOf(again, adjoint, inner)
  }
  return node(withGradientOp, [y, ...leaves], { vjp, recomputed: true })
}

/** The arrays from elsewhere that the nodes between `inputs` and `y` read. */
function captured(y: Node, inputs: readonly Node[]): Node[] {
  const leaves = new Set(inputs)
  const inside = new Set<Node>()
  const order = topological([y], leaves)
  for (const current of order) {
    if (!leaves.has(current) && current.inputs.some((input) => leaves.has(input) || inside.has(input)))
      inside.add(current)
  }
  const read = new Set([...inside].flatMap((current) => current.inputs))
  const differentiable = ({ dtype, op }: Node) => dtype === 'float32' && op.name !== 'constant'
  return [...read].filter((input) => differentiable(input) && !inside.has(input) && !leaves.has(input))
}

/** `y` once more, with other leaves, not before `gate`. */
function repeat(y: Node, leaves: ReadonlyMap<Node, Node>, gate: Node): Node {
  const copies = new Map(leaves)
  for (const current of topological([y], new Set(leaves.keys()))) {
    const inputs = current.inputs.map((input) => copies.get(input) ?? input)
    if (copies.has(current) || inputs.every((input, i) => input === current.inputs[i])) continue
    copies.set(current, copyOf(current, inputs, gate))
  }
  return copies.get(y) ?? y
}

function copyOf(current: Node, inputs: readonly Node[], gate: Node): Node {
  if (current.attrs.recomputed) return inputs[0] as Node
  return worthKeeping(current) ? kept(current, inputs, gate) : node(current.op, inputs, current.attrs)
}

/** Matrix products whose result is narrower than what they contract: the most work for the fewest bytes. */
function worthKeeping({ op, inputs: [left], shape }: Node): boolean {
  if (op.name !== 'matmul' || shape.length !== 2 || !left) return false
  const [rows, columns] = shape as [number, number]
  return sizeOf(left.shape) / rows > columns
}

/** The first result, with the gradient of the repeated one. It waits, or what follows from it alone would be formed early. */
const kept = (first: Node, inputs: readonly Node[], gate: Node): Node =>
  withGradient(
    after(first, gate),
    inputs,
    (adjoint, { inputs: [, ...own] }) => first.op.grad?.(adjoint, { ...first, inputs: own }) ?? [],
  )
