import { bytesOf, type Node, type Signature, signatureRoots, sizeOf, topological, type Update } from './graph.ts'
import { isView } from './memory.ts'

/** What executing a program costs, by what limits its speed. Zero for what it has none of. */
export type Work = {
  /** Floating-point operations of products of two float32 matrices: 2 rows x inner x columns. */
  readonly products: number
  /** The same of bfloat16 matrices. */
  readonly bfloat16Products: number
  /** The same of stacks of matrices, which attention has: small ones, one for each head and sample. */
  readonly stacks: number
  /** Bytes that all other nodes read and write, as they wait for memory; more for the few that do not. */
  readonly bytes: number
  /** Results, each of which costs the backend its bookkeeping. */
  readonly nodes: number
}

export const NO_WORK: Work = { products: 0, bfloat16Products: 0, stacks: 0, bytes: 0, nodes: 0 }

/**
 * Functions that take a processor longer than their bytes do: how many times as long, measured on 1 to 16 million elements.
 * Random numbers are hashes of a counter; losses of bfloat16 logits are computed as those of float32 are, from half the bytes.
 */
const SLOW: Readonly<Record<string, number>> = {
  exp: 2,
  log: 2,
  tanh: 2,
  erf: 2,
  sigmoid: 2,
  softmax: 2,
  crossEntropy: 2,
  halfCrossEntropy: 4,
  halfCrossEntropyGrad: 2,
  randomUniform: 30,
}

/** Work of `a` done once, and of `b` done `times` times. */
export const plus = (a: Work, b: Work, times = 1): Work => ({
  products: a.products + times * b.products,
  bfloat16Products: a.bfloat16Products + times * b.bfloat16Products,
  stacks: a.stacks + times * b.stacks,
  bytes: a.bytes + times * b.bytes,
  nodes: a.nodes + times * b.nodes,
})

/** Work of one execution of an entry point. */
export function workOf(signature: Signature): Work {
  const nodes = topological(signatureRoots(signature)).filter((node) => !isView(node))
  const computed = nodes.reduce((sum, node) => plus(sum, workOfNode(node)), NO_WORK)
  const stored = signature.updates.reduce((sum, update) => sum + updateBytes(update), 0)
  return plus(computed, { ...NO_WORK, bytes: stored, nodes: signature.updates.length })
}

/** Products of matrices that attention consists of: scores and answers; for the gradient scores again, and one for each adjoint. */
const ATTENTION_PRODUCTS: Readonly<Record<string, number>> = { attention: 2, attentionGrad: 5 }
/** Share of the scores that is computed: most masks are causal, which is a constant's content; what tiles cut at the diagonal comes on top. */
const SEEN = 0.6

/** q [batch, length, heads, size] against keys [batch, keys, groups, size]. */
function workOfAttention({ op, inputs: [q, keys] }: Node): Work {
  const all = 2 * sizeOf((q as Node).shape) * ((keys as Node).shape[1] as number)
  return { ...NO_WORK, stacks: SEEN * (ATTENTION_PRODUCTS[op.name] as number) * all, nodes: 1 }
}

function workOfNode(node: Node): Work {
  if (node.op.name in ATTENTION_PRODUCTS) return workOfAttention(node)
  if (node.op.name !== 'matmul') return { ...NO_WORK, bytes: bytesThrough(node), nodes: 1 }
  const [left] = node.inputs as [Node]
  const inner = left.shape.at(node.attrs.transposeA ? -2 : -1) as number
  const operations = 2 * sizeOf(node.shape) * inner
  const kind = node.shape.length > 2 ? 'stacks' : left.dtype === 'bfloat16' ? 'bfloat16Products' : 'products'
  return { ...NO_WORK, [kind]: operations, nodes: 1 }
}

/** Bytes that a node reads and writes, times what is slow in it. Of a table that rows are taken from, only those rows. */
export function bytesThrough(node: Node): number {
  // A chain of passes reads, and each of its results is written, once for all that lies in between.
  if (node.op.name === 'passes') return node.inputs.reduce((sum, input) => sum + bytesOf(input), 0)
  if (node.op.name === 'passesResult') return bytesOf(node)
  const read = node.inputs.map(bytesOf)
  const taken = node.op.name === 'gather' ? [bytesOf(node), ...read.slice(1)] : read
  return (SLOW[node.op.name] ?? 1) * taken.reduce((sum, bytes) => sum + bytes, bytesOf(node))
}

/** AdamW reads a parameter, its gradient and both moments and writes all but the gradient. */
const updateBytes = (update: Update): number => (update.kind === 'adamw' ? 7 : 2) * bytesOf(update.variable)
