import { type Node, type Signature, signatureRoots, topological } from '../ir/graph.ts'

/** How one kind of array is computed and given back. */
export type Arithmetic<T> = {
  /** Value of a placeholder or a variable read. The interpreter releases it like any other result. */
  leaf(node: Node): T
  apply(node: Node, inputs: readonly T[]): T | T[]
  /** Another handle on the same value, released separately. */
  share(value: T): T
  release(value: T): void
}

/**
 * Evaluates a signature node by node, releasing every intermediate result after its last use. Returns the values of
 * the roots (outputs and what the updates need), which the caller releases.
 */
export function evaluate<T>(signature: Signature, arithmetic: Arithmetic<T>): Map<Node, T> {
  const roots = new Set(signatureRoots(signature))
  const order = topological([...roots])
  const uses = countUses(order, roots)
  const values = new Map<Node, T | T[]>()
  for (const node of order) {
    values.set(node, computeNode(node, values, arithmetic))
    for (const input of new Set(node.inputs)) {
      const left = (uses.get(input) as number) - 1
      uses.set(input, left)
      if (left === 0) free(values, input, arithmetic)
    }
    if (uses.get(node) === 0) free(values, node, arithmetic)
  }
  return new Map([...roots].map((root) => [root, values.get(root) as T]))
}

function computeNode<T>(node: Node, values: Map<Node, T | T[]>, arithmetic: Arithmetic<T>): T | T[] {
  if (node.op.name === 'placeholder' || node.op.name === 'read') return arithmetic.leaf(node)
  const inputs = node.inputs.map((input) => values.get(input))
  if (node.op.name === 'part') return arithmetic.share((inputs[0] as T[])[node.attrs.index as number] as T)
  return arithmetic.apply(node, inputs as T[])
}

/** Number of distinct nodes that read each node; roots count once more, so they survive. */
function countUses(order: readonly Node[], roots: ReadonlySet<Node>): Map<Node, number> {
  const uses = new Map<Node, number>()
  for (const node of order) {
    uses.set(node, roots.has(node) ? 1 : 0)
    for (const input of new Set(node.inputs)) uses.set(input, (uses.get(input) ?? 0) + 1)
  }
  return uses
}

function free<T>(values: Map<Node, T | T[]>, node: Node, arithmetic: Arithmetic<T>) {
  const value = values.get(node)
  values.delete(node)
  if (Array.isArray(value)) for (const part of value) arithmetic.release(part)
  else if (value !== undefined) arithmetic.release(value)
}
