import type { Node } from '../ir/graph.ts'
import {
  add,
  after,
  argmax,
  concat,
  crossEntropy,
  equal,
  fill,
  mul,
  partialsOf,
  split,
  sumAll,
  toFloat,
  withGradient,
} from '../ops/index.ts'

/** Logits of one chunk take about this many bytes. */
const CHUNK_BYTES = 48 * 2 ** 20

/** Hidden states [rows, hidden] with the target and the weight of each. */
export type LabelledRows = { readonly hidden: Node; readonly targets: Node; readonly weights: Node }
export type Judged = { readonly lossSum: Node; readonly hits: Node }

/**
 * Into how many chunks the rows are cut so that the logits of one stay below {@link CHUNK_BYTES}, or below half of the bytes
 * that the head's own gradients take: these are summed up chunk by chunk, which costs more the more chunks there are.
 */
export const chunkCount = (rows: number, vocab: number, gradients = 0): number =>
  Math.min(rows, Math.ceil((4 * rows * vocab) / Math.max(CHUNK_BYTES, gradients / 2)))

type Head = (hidden: Node) => Node
type Chunk = Judged & {
  /** In training: the leaves that the head reads, and the loss's gradient in this chunk's rows and, of all so far, in them. */
  readonly leaves: readonly Node[]
  readonly slope: Node | null
  readonly sums: readonly Node[]
}

/**
 * Cross-entropy of `head(hidden)` summed with weights, and whether each label was the most likely one, without ever
 * holding logits [rows, vocab] of more than one chunk. In training (`trained`: the leaves that gradients are taken in)
 * the gradient of a chunk is formed right behind its loss, and its logits are forgotten; as the loss is a scalar, its
 * adjoint only scales what is there. So no product is computed twice. The next chunk waits for it.
 */
export function chunkedCrossEntropy(
  rows: LabelledRows,
  head: Head,
  chunks: number,
  trained: readonly Node[] | null,
): Judged {
  const done: Chunk[] = []
  for (const part of cut(rows, chunks)) done.push(oneChunk(part, head, trained, done.at(-1)))
  const total = done.map(({ lossSum }) => lossSum).reduce(add)
  const hits = concat(done.map((chunk) => chunk.hits))
  const { leaves, sums } = done.at(-1) as Chunk
  const slopes = done.flatMap(({ slope }) => slope ?? [])
  if (slopes.length === 0) return { lossSum: total, hits }
  const gradients = [concat(slopes), ...sums]
  const lossSum = withGradient(total, [rows.hidden, ...leaves, ...gradients], (adjoint, { inputs }) => [
    ...inputs.slice(-gradients.length).map((gradient) => mul(gradient, adjoint)),
    ...gradients.map(() => null),
  ])
  return { lossSum, hits }
}

function oneChunk(rows: LabelledRows, head: Head, trained: readonly Node[] | null, before: Chunk | undefined): Chunk {
  const gates = before ? [before.slope ?? before.lossSum, ...before.sums] : []
  const hidden = gates.reduce(after, rows.hidden)
  const logits = head(hidden)
  const lossSum = sumAll(mul(crossEntropy(logits, rows.targets), rows.weights))
  const hits = toFloat(equal(argmax(logits), rows.targets))
  if (!trained) return { lossSum, hits, leaves: [], slope: null, sums: [] }
  const leaves = before?.leaves ?? readBy(logits, hidden, trained)
  const [slope, ...own] = partialsOf(lossSum, fill(1), [hidden, ...leaves]) as [Node, ...Node[]]
  return { lossSum, hits, leaves, slope, sums: own.map((x, i) => (before ? add(before.sums[i] as Node, x) : x)) }
}

/** Those of `leaves` that the logits depend on otherwise than through the hidden states; what a node only waits for is none. */
export function readBy(logits: Node, hidden: Node, leaves: readonly Node[]): Node[] {
  const read = new Set([logits])
  // A set hands out what is added while it is gone through.
  for (const { op, inputs } of read)
    for (const input of op.name === 'after' ? inputs.slice(0, 1) : inputs) if (input !== hidden) read.add(input)
  return leaves.filter((leaf) => read.has(leaf))
}

/** Rows of all three cut alike, into parts of nearly equal size. */
function cut({ hidden, targets, weights }: LabelledRows, chunks: number): LabelledRows[] {
  const count = hidden.shape[0] as number
  const ends = Array.from({ length: chunks + 1 }, (_, i) => Math.floor((i * count) / chunks))
  const sizes = ends.slice(1).map((end, i) => end - (ends[i] as number))
  const [a, b, c] = [hidden, targets, weights].map((x) => split(x, sizes)) as [Node[], Node[], Node[]]
  return a.map((part, i) => ({ hidden: part, targets: b[i] as Node, weights: c[i] as Node }))
}
