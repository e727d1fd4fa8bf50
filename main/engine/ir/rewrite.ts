import { type Node, type Program, type Signature, signatureRoots, topological, type Update } from './graph.ts'

/** What becomes of a node, given what became of its inputs. */
export type Rewriting = (node: Node, inputs: readonly Node[]) => Node

/** The program with every node rewritten, inputs before users; nodes that signatures share stay shared. */
export function rewrite(program: Program, rule: Rewriting): Program {
  const made = new Map<Node, Node>()
  const at = (node: Node) => made.get(node) as Node
  const signatures = Object.entries(program.signatures).map(([name, signature]) => {
    for (const node of topological(signatureRoots(signature))) {
      if (!made.has(node)) made.set(node, rule(node, node.inputs.map(at)))
    }
    return [name, mapSignature(signature, at)] as const
  })
  return { ...program, signatures: Object.fromEntries(signatures) }
}

/** The signature with every node it names replaced. */
export function mapSignature({ inputs, outputs, updates }: Signature, at: (node: Node) => Node): Signature {
  const all = (nodes: Readonly<Record<string, Node>>) =>
    Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, at(node)]))
  return { inputs: all(inputs), outputs: all(outputs), updates: updates.map((update) => rewrittenUpdate(update, at)) }
}

function rewrittenUpdate(update: Update, at: (node: Node) => Node): Update {
  if (update.kind === 'assign') return { ...update, value: at(update.value) }
  const { gradient, stepSize, decay, epsilon } = update
  return { ...update, gradient: at(gradient), stepSize: at(stepSize), decay: decay && at(decay), epsilon: at(epsilon) }
}

/** The node over other inputs; itself where they are its own. */
export const withInputs = (node: Node, inputs: readonly Node[]): Node =>
  inputs.every((input, i) => input === node.inputs[i]) ? node : { ...node, inputs }

/**
 * The program once its gradients are taken: nodes that only carried one are gone, and with them what nothing but a
 * gradient read.
 */
export const withoutAliases = (program: Program): Program =>
  rewrite(program, (node, inputs) => (node.op.alias ? (inputs[0] as Node) : withInputs(node, inputs)))
