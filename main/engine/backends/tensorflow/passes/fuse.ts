import { type Node, type Program, type Signature, signatureRoots, topological } from '../../../ir/graph.ts'
import { regionsOf } from '../../../ir/regions.ts'
import { mapSignature, withInputs } from '../../../ir/rewrite.ts'
import { groupsOf } from './groups.ts'
import { passes } from './operation.ts'
import { type Chain, halvesLast, programOf } from './program.ts'
import { scalarOf } from './space.ts'

/**
 * The program with chains of element-wise passes as one node each: TensorFlow reads and writes memory for every operation,
 * a chain does so for what goes in and comes out. `known`: the operations that the kernel has.
 */
export function withPasses(program: Program, known: ReadonlySet<string>): Program {
  const signatures = Object.entries(program.signatures).map(
    ([name, signature]) => [name, fused(signature, known)] as const,
  )
  return { ...program, signatures: Object.fromEntries(signatures) }
}

function fused(signature: Signature, known: ReadonlySet<string>): Signature {
  const roots = signatureRoots(signature)
  const order = topological(roots)
  const chains = chainsOf(order, roots, known)
  const made = new Map<Node, Node>()
  const at = (node: Node) => made.get(node) as Node
  for (const node of contracted(order, chains)) {
    const chain = chains.get(node)
    if (!chain) made.set(node, withInputs(node, node.inputs.map(at)))
    else if (!made.has(node)) for (const [result, own] of resultsOf(chain, at)) made.set(result, own)
  }
  return mapSignature(signature, at)
}

/** The chain of each node that belongs to one. Layers lie between two boundaries; what is common to all is left alone. */
function chainsOf(order: readonly Node[], roots: readonly Node[], known: ReadonlySet<string>): Map<Node, Chain> {
  const regions = regionsOf(order, roots)
  const users = new Map<Node, Node[]>(order.map((node) => [node, []]))
  for (const node of order) for (const input of node.inputs) users.get(input)?.push(node)
  const asked = new Set(roots)
  const chains = new Map<Node, Chain>()
  for (const [number, nodes] of Map.groupBy(order, (node) => regions.get(node))) {
    for (const group of number === 0 ? [] : groupsOf(nodes, known)) {
      const inside = new Set(group.nodes)
      const isRead = (node: Node) => asked.has(node) || users.get(node)?.some((user) => !inside.has(user))
      const inputs = new Set(group.nodes.flatMap((node) => node.inputs.filter((input) => !inside.has(input))))
      const chain = {
        ...group,
        inputs: halvesLast([...inputs].filter((input) => scalarOf(input) === null)),
        results: halvesLast(group.nodes.filter(isRead)),
        within: new Set(group.nodes.flatMap((node) => node.inputs)),
      }
      for (const node of group.nodes) chains.set(node, chain)
    }
  }
  return chains
}

/** An order in which all inputs of a chain come before any node of it. */
function contracted(order: readonly Node[], chains: ReadonlyMap<Node, Chain>): Node[] {
  const done = new Set<Node>()
  const sorted: Node[] = []
  const stack = [...order].reverse()
  while (stack.length > 0) {
    const node = stack.at(-1) as Node
    const missing = (chains.get(node)?.inputs ?? node.inputs).filter((input) => !done.has(input))
    if (!done.has(node) && missing.length > 0) {
      stack.push(...missing)
      continue
    }
    stack.pop()
    for (const own of done.has(node) ? [] : (chains.get(node)?.nodes ?? [node])) {
      done.add(own)
      sorted.push(own)
    }
  }
  return sorted
}

/** The chain's results, each with the node that stands for it. */
function resultsOf(chain: Chain, at: (node: Node) => Node): (readonly [Node, Node])[] {
  const made = passes(
    programOf(chain),
    chain.inputs.map(at),
    chain.results.map(({ dtype, shape }) => ({ dtype, shape })),
  )
  return chain.results.map((node, i) => [node, made[i] as Node] as const)
}
