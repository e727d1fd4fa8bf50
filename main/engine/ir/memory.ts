import { bytesOf, type Node, type Program, type Signature, signatureRoots, topological } from './graph.ts'

/** Ops whose result shares its input's memory. */
const VIEWS = new Set([
  'reshape',
  'part',
  'split',
  'withGradient',
  'after',
  'boundary',
  'read',
  'placeholder',
  'constant',
])

/** Whether a node's result takes no memory of its own. Pieces of another axis than the first have to be copied. */
export const isView = ({ op, attrs }: Node): boolean => VIEWS.has(op.name) && !(op.name === 'split' && attrs.axis !== 0)

export type MemoryEstimate = {
  /** Weights, adapters, optimizer and other state. */
  readonly state: number
  /** Most that intermediate results of one execution take at once. */
  readonly working: number
  /** Name of the entry point that needs it. */
  readonly signature: string
}

/** Bytes that a backend takes for a node while it computes it, beside its inputs and its result. */
export type ScratchOf = (node: Node) => number

/**
 * Memory that a program needs, in bytes, by walking each entry point in turn and releasing every result after its last
 * use. A backend that runs nodes in parallel needs somewhat more; what it is good for is telling 2 GB from 60.
 */
export function estimateMemory({ variables, signatures }: Program, scratchOf: ScratchOf = () => 0): MemoryEstimate {
  const state = variables.reduce((total, variable) => total + bytesOf(variable), 0)
  const peaks = Object.entries(signatures).map(([name, signature]) => [name, peakOf(signature, scratchOf)] as const)
  const [signature, working] = peaks.reduce((most, entry) => (entry[1] > most[1] ? entry : most), ['', 0] as const)
  return { state, working, signature }
}

function peakOf(signature: Signature, scratchOf: ScratchOf): number {
  const roots = signatureRoots(signature)
  const order = asSoonAsReady(topological(roots))
  const lastUse = lastUses(order, roots)
  let live = 0
  let peak = 0
  for (const node of order) {
    if (!isView(node)) live += bytesOf(node)
    peak = Math.max(peak, live + scratchOf(node))
    for (const dead of lastUse.get(node) ?? []) live -= bytesOf(dead)
  }
  return peak
}

/**
 * The same nodes, each right behind the last of its inputs: what sums an adjoint up is computed when the adjoint is there,
 * as backends do it, and not when the sum is asked for at the end of the step.
 */
function asSoonAsReady(order: readonly Node[]): Node[] {
  const users = new Map(order.map((node) => [node, [] as Node[]]))
  const missing = new Map(order.map((node) => [node, new Set(node.inputs).size]))
  for (const node of order) for (const input of new Set(node.inputs)) users.get(input)?.push(node)
  const done = new Set<Node>()
  for (const first of order) {
    const ready = first.inputs.length === 0 ? [first] : []
    for (let node = ready.pop(); node; node = ready.pop()) {
      done.add(node)
      for (const user of users.get(node) ?? []) {
        const left = (missing.get(user) as number) - 1
        missing.set(user, left)
        if (left === 0) ready.push(user)
      }
    }
  }
  return [...done]
}

/** For each node the results that are used for the last time there; a view keeps what it looks at alive. */
function lastUses(order: readonly Node[], roots: readonly Node[]): Map<Node, Node[]> {
  const owner = new Map<Node, Node>()
  for (const node of order) {
    const input = node.inputs[0]
    owner.set(node, isView(node) && input ? (owner.get(input) as Node) : node)
  }
  const last = new Map<Node, Node>()
  for (const node of order) for (const input of [node, ...node.inputs]) last.set(owner.get(input) as Node, node)
  for (const root of roots) last.delete(owner.get(root) as Node)
  const at = new Map<Node, Node[]>()
  for (const [result, node] of last) {
    if (!isView(result)) at.set(node, [...(at.get(node) ?? []), result])
  }
  return at
}
