import { fault } from '../../../shared/domain/error.ts'
import { type Node, topological } from './graph.ts'

/** Ops the differentiator itself needs; given from outside because `ir` knows no op. */
export type AdjointOps = { readonly add: (a: Node, b: Node) => Node; readonly zerosLike: (node: Node) => Node }

/**
 * Reverse-mode differentiation. Returns for each of `wrt` the gradient of sum(seed * output), as nodes.
 * A node that `output` does not depend on gets zeros. Nodes that lead to no `wrt` are not visited, so frozen weights
 * cost nothing. With `independent`, nothing flows through one of `wrt` to the next: partial derivatives.
 */
export function gradients(
  output: Node,
  seed: Node,
  wrt: readonly Node[],
  ops: AdjointOps,
  independent = false,
): Node[] {
  const leaves = new Set(independent ? wrt : [])
  const order = topological([output], leaves)
  const active = reaches(order, new Set(wrt))
  const adjoints = new Map<Node, Node>([[output, seed]])
  const parts = new Map<Node, (Node | undefined)[]>()
  const accumulate = (target: Node, adjoint: Node) => {
    const before = adjoints.get(target)
    adjoints.set(target, before === undefined ? adjoint : ops.add(before, adjoint))
  }
  for (const current of order.reverse()) {
    if (!active.has(current) || leaves.has(current)) continue
    inputAdjoints(current, adjoints.get(current), parts)?.forEach((adjoint, i) => {
      const input = current.inputs[i] as Node
      if (adjoint !== null && active.has(input)) accumulate(input, adjoint)
    })
  }
  return wrt.map((leaf) => adjoints.get(leaf) ?? ops.zerosLike(leaf))
}

/** Adjoints for the inputs of one node, or undefined where nothing flows back (leaf, or no adjoint arrived). */
function inputAdjoints(current: Node, adjoint: Node | undefined, parts: Map<Node, (Node | undefined)[]>) {
  if (current.op.gradOfParts) {
    const arrived = parts.get(current)
    return arrived && current.op.gradOfParts(arrived, current)
  }
  if (adjoint === undefined || current.inputs.length === 0) return undefined
  const whole = current.inputs[0] as Node
  if (whole.op.gradOfParts) return collectPart(current, whole, adjoint, parts)
  if (!current.op.grad) throw fault('internal', `graph: ${current.op.name} has no gradient`)
  return current.op.grad(adjoint, current)
}

/** A part of a tuple hands its adjoint to the tuple, which answers once all parts have been visited. */
function collectPart(part: Node, whole: Node, adjoint: Node, parts: Map<Node, (Node | undefined)[]>) {
  const arrived = parts.get(whole) ?? []
  arrived[part.attrs.index as number] = adjoint
  parts.set(whole, arrived)
  return undefined
}

/** The nodes from which at least one of `leaves` can be reached. */
function reaches(order: readonly Node[], leaves: ReadonlySet<Node>): Set<Node> {
  const active = new Set<Node>()
  for (const current of order) {
    if (leaves.has(current) || current.inputs.some((input) => active.has(input))) active.add(current)
  }
  return active
}
