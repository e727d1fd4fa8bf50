import type { Node, Variable } from '../../ir/graph.ts'
import { isSmallConstant, regionsOf } from '../../ir/regions.ts'
import { graphEmitter } from './emitter.ts'
import { outputOf } from './outputs.ts'
import type { FunctionDef, NodeDef } from './proto.ts'

/** A region that is written as a call: what it reads and what is read of it, in the order of arguments and results. */
export type Call = { readonly name: string; readonly args: readonly Node[]; readonly results: readonly Node[] }

/** Nodes of a region in order; `call` where it is a function. */
export type Region = { readonly nodes: readonly Node[]; readonly call?: Call }

export type Outliner = {
  /** Splits a signature's nodes into regions, to be written one after the other. */
  regions(order: readonly Node[], roots: readonly Node[]): Region[]
  readonly functions: readonly FunctionDef[]
}

/**
 * Finds the regions that are alike (layers, forward and backward) and makes each kind a function of the graph: TensorFlow
 * optimises and compiles a layer once, not once for each of its thirty uses.
 */
export function outliner(variables: readonly Variable[], kernels: boolean): Outliner {
  const functions: FunctionDef[] = []
  const known = new Map<string, string>()
  const nameOf = (key: string, body: Body): string => {
    const name = known.get(key) ?? `layer_${functions.length}`
    if (!known.has(key)) functions.push({ ...body, name })
    known.set(key, name)
    return name
  }
  return {
    functions,
    regions: (order, roots) => {
      const pieces = piecesOf(order, roots).map((piece) => ({ ...piece, ...keyed(piece, variables, kernels) }))
      const counts = new Map<string, number>()
      for (const { key } of pieces) counts.set(key, (counts.get(key) ?? 0) + 1)
      return pieces.map(({ nodes, args, results, key, body }) =>
        body && (counts.get(key) as number) > 1
          ? { nodes, call: { name: nameOf(key, body), args, results } }
          : { nodes },
      )
    },
  }
}

type Piece = {
  readonly number: number
  readonly nodes: Node[]
  readonly args: readonly Node[]
  readonly results: readonly Node[]
}
type Body = Omit<FunctionDef, 'name'>

/** A piece as a function, and a text that is equal for pieces that are alike, node by node. */
function keyed(
  piece: Piece,
  variables: readonly Variable[],
  kernels: boolean,
): { readonly key: string; readonly body: Body | null } {
  if (piece.number === 0 || piece.results.length === 0) return { key: '', body: null }
  const body = bodyOf(piece, variables, kernels)
  const bytesAsText = (_: string, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
  return { key: JSON.stringify(body, bytesAsText), body }
}

/** What a boundary stands for. */
const seenThrough = (node: Node): Node => (node.op.name === 'boundary' ? seenThrough(node.inputs[0] as Node) : node)

function piecesOf(order: readonly Node[], roots: readonly Node[]): Piece[] {
  const regions = regionsOf(order, roots)
  const at = (node: Node) => regions.get(node) as number
  const nodes = new Map<number, Node[]>()
  const read = new Set<Node>(roots.map(seenThrough))
  for (const node of order) {
    if (node.op.name === 'boundary' || isSmallConstant(node)) continue
    const own = nodes.get(at(node)) ?? []
    own.push(node)
    nodes.set(at(node), own)
    for (const input of node.inputs.map(seenThrough)) if (at(input) !== at(node)) read.add(input)
  }
  return [...nodes]
    .sort(([a], [b]) => a - b)
    .map(([number, own]) => {
      const inside = new Set(own)
      const inputs = own.flatMap((node) => node.inputs.map(seenThrough))
      const args = [...new Set(inputs.filter((input) => !inside.has(input) && !isSmallConstant(input)))]
      return { number, nodes: own, args, results: own.filter((node) => read.has(node)) }
    })
}

function bodyOf({ nodes, args, results }: Piece, variables: readonly Variable[], kernels: boolean): Body {
  const emitter = graphEmitter(variables, kernels)
  const names = new Map(args.map((arg, i) => [arg, `arg_${i}`]))
  const nameOf = (node: Node): string => {
    const before = names.get(node)
    if (before !== undefined) return before
    const name = node.op.lower.tensorflow(
      emitter,
      node.inputs.map((input) => nameOf(seenThrough(input))),
      node,
    )
    names.set(node, name)
    return name
  }
  for (const node of nodes) nameOf(node)
  const ops = new Map(emitter.nodes.map((node) => [node.name, node]))
  const typed = (node: Node, i: number, name: string) => ({ name: `${name}_${i}`, dtype: node.dtype })
  return {
    args: args.map((arg, i) => typed(arg, i, 'arg')),
    results: results.map((node, i) => ({ ...typed(node, i, 'result'), value: reference(nameOf(node), ops) })),
    nodes: emitter.nodes.map((node) => ({ ...node, inputs: references(node, ops) })),
  }
}

/** A function begins when all of its arguments are there, so there is nothing to wait for in them. */
const references = ({ inputs }: NodeDef, ops: ReadonlyMap<string, NodeDef>): string[] =>
  inputs.filter((input) => !input.startsWith('^') || ops.has(input.slice(1))).map((input) => reference(input, ops))

function reference(tensor: string, ops: ReadonlyMap<string, NodeDef>): string {
  const [node, index] = tensor.split(':') as [string, string?]
  const read = ops.get(node)
  return read === undefined ? tensor : outputOf(read, Number(index ?? 0))
}
