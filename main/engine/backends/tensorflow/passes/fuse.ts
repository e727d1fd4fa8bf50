import { type Node, type Program, type Signature, signatureRoots, topological } from '../../../ir/graph.ts'
import { regionsOf } from '../../../ir/regions.ts'
import { mapSignature, withInputs } from '../../../ir/rewrite.ts'
import { type Group, groupsOf } from './groups.ts'
import { type PassProgram, passes, type Step } from './operation.ts'
import { placementOf, scalarOf, stepName } from './space.ts'

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

/** A group with what it reads of others, what others read of it, and all that it reads. */
type Chain = Group & {
  readonly inputs: readonly Node[]
  readonly results: readonly Node[]
  readonly within: ReadonlySet<Node>
}

const isHalf = ({ dtype }: Node): boolean => dtype === 'bfloat16'
const halvesLast = (nodes: readonly Node[]): Node[] => [
  ...nodes.filter((node) => !isHalf(node)),
  ...nodes.filter(isHalf),
]

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

function programOf({ space, nodes, inputs, results, within }: Chain): PassProgram {
  const read = nodes.flatMap((node) => node.inputs.flatMap((input) => scalarOf(input) ?? []))
  const constants = [...new Set(read)]
  const before = inputs.length + constants.length
  const steps: Step[] = []
  const number = new Map(inputs.map((input, i) => [input, i] as const))
  const operand = (input: Node) => number.get(input) ?? inputs.length + constants.indexOf(scalarOf(input) as number)
  const step = (name: string, operands: readonly number[], output: number | null) =>
    before + steps.push({ name, operands, output }) - 1
  const floats = results.filter((node) => !isHalf(node)).length
  for (const node of nodes) {
    const output = results.indexOf(node)
    const half = isHalf(node)
    const operands = [
      ...node.inputs.map(operand),
      ...(node.op.name === 'rotateHalf' ? [node.attrs.turned as number] : []),
    ]
    const own = output < 0 || half ? null : output
    let value = operands[0] as number
    // What is bfloat16 already is the same number in float32; who only writes a value rounds it by that.
    if (node.op.name !== 'cast') value = step(stepName(node), operands, own)
    else if (own !== null || (half && within.has(node))) value = step('round', operands, own)
    if (half && node.op.name !== 'cast' && within.has(node)) value = step('round', [value], null)
    if (half && output >= 0) step('halve', [value], output - floats)
    number.set(node, value)
  }
  const placements = inputs.map((input) => ({
    ...(placementOf(input, space) as NonNullable<ReturnType<typeof placementOf>>),
    half: isHalf(input),
  }))
  return { space, inputs: placements, constants, steps }
}
