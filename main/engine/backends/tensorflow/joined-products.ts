import { type Node, type Program, sameShape, signatureRoots, topological } from '../../ir/graph.ts'
import { rewrite, withInputs } from '../../ir/rewrite.ts'
import { add, concat, matmul } from '../../ops/index.ts'

/** Sums of so few products leave a processor waiting for memory: a product that long is worth being joined with others. */
const SHALLOW = 384
/** Of products this deep the operands are not worth being copied. */
const DEEP = 1024

/**
 * The program with sums of products as one: a b + c d = [a c] [b; d]. What comes back to a layer's input from its query, key and
 * value projections are three products, of which grouped keys and values are shallow; joined, none is, and no sum is left.
 */
export function withJoinedProducts(program: Program): Program {
  const readers = readersOf(program)
  const only = (node: Node) => readers.get(node)?.length === 1
  const inner = new Set<Node>()
  const free = new Set<Node>()
  return rewrite(program, (node, inputs) => {
    if (isJoinable(node)) {
      const made = withInputs(node, inputs)
      if (only(node)) free.add(made)
      return made
    }
    if (node.op.name !== 'add' || !inputs.every((input) => sameShape(input.shape, node.shape)))
      return withInputs(node, inputs)
    const made = withInputs(node, inputs)
    const [reader] = readers.get(node) ?? []
    if (only(node) && reader?.op.name === 'add' && sameShape(reader.shape, node.shape)) {
      inner.add(made)
      return made
    }
    const terms = termsOf(made, inner)
    const joinable = new Set(terms.filter((term) => free.has(term)))
    return joinable.size > 1 && [...joinable].some((term) => depthOf(term) <= SHALLOW) ? joined(terms, joinable) : made
  })
}

/** What a sum adds up, through sums that only it reads. */
const termsOf = (sum: Node, inner: ReadonlySet<Node>): Node[] =>
  sum.inputs.flatMap((term) => (inner.has(term) ? termsOf(term, inner) : [term]))

const depthOf = ({ inputs }: Node): number => (inputs[0] as Node).shape.at(-1) as number

const isJoinable = (node: Node): boolean =>
  node.op.name === 'matmul' &&
  node.dtype === 'float32' &&
  node.shape.length === 2 &&
  !node.attrs.transposeA &&
  !node.attrs.transposeB &&
  depthOf(node) <= DEEP

function joined(terms: readonly Node[], joinable: ReadonlySet<Node>): Node {
  const products = terms.filter((term) => joinable.has(term))
  const operand = (i: number) => products.map(({ inputs }) => inputs[i] as Node)
  const product = matmul(concat(operand(0), 1), concat(operand(1), 0))
  return terms.filter((term) => !joinable.has(term)).reduce(add, product)
}

function readersOf({ signatures }: Program): Map<Node, Node[]> {
  const readers = new Map<Node, Node[]>()
  for (const node of topological(Object.values(signatures).flatMap(signatureRoots)))
    for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node])
  return readers
}
