import type { Node } from '../ir/graph.ts'
import {
  add,
  broadcastTo,
  concat,
  constant,
  equal,
  fill,
  greaterEqual,
  mul,
  reshape,
  split,
  sub,
  toFloat,
} from '../ops/index.ts'
import type { BatchNodes, Prefix } from './model.ts'

/** Large enough to vanish in a softmax, small enough to stay finite when two of them add up. */
const MASKED = -1e9

export type Visibility = {
  /** Whether a query sees only itself and what came before it. */
  readonly causal: boolean
  /** A query sees keys less than so many positions away; null: all. */
  readonly window: number | null
}

/** Consecutive queries with the pieces of the keys, from `first` to before `end`, outside of which they see nothing. */
export type QueryBlock = {
  readonly queries: number
  readonly first: number
  readonly end: number
  /** 0 where a query may look at a key, else {@link MASKED}: [B or 1, 1, 1, queries or 1, keys]. */
  readonly bias: Node
}
/** Who sees whom: lengths of the pieces that keys are cut into, and blocks of queries that together are all of them. */
export type AttentionMask = { readonly pieces: readonly number[]; readonly blocks: readonly QueryBlock[] }

/**
 * The mask of a layer. Padding is never looked at; in packed batches neither are other samples. Where attention is causal,
 * queries come in blocks: what no query of a block can see is not computed for it, up to 7/16 of all scores.
 */
export function attentionMask(
  nodes: BatchNodes,
  visible: Visibility,
  prefix?: Pick<Prefix, 'length'>,
  blocks = blockCount(nodes.length),
): AttentionMask {
  const { positions, cache, length } = nodes
  if (cache && positions) return inBlocks(cachedBias(positions, cache.slots, visible), [length], visible, 0)
  const sizes = equalParts(length, visible.causal ? blocks : 1)
  const own = ownBias(nodes, visible)
  if (!prefix) return inBlocks(own, sizes, visible, 0)
  const front = prefixBias(nodes, visible.window, prefix.length)
  const columns = broadcastTo(front, [...own.shape.slice(0, -1), prefix.length])
  return inBlocks(concat([columns, own], KEYS), sizes, visible, prefix.length)
}

/** Axes of a bias. */
const QUERIES = 3
const KEYS = 4

/** More blocks leave out more, in smaller products. */
function blockCount(length: number): number {
  if (length < 128) return 1
  return length < 1024 ? 4 : 8
}

function equalParts(length: number, count: number): number[] {
  const end = (i: number) => Math.floor((i * length) / count)
  return Array.from({ length: count }, (_, i) => end(i + 1) - end(i))
}

/** Blocks of `sizes` queries each, and pieces of as many keys; the first piece begins with `front` keys of a prefix. */
function inBlocks(bias: Node, sizes: readonly number[], { window }: Visibility, front: number): AttentionMask {
  if (sizes.length === 1) {
    const block = { queries: sizes[0] as number, first: 0, end: 1, bias }
    return { pieces: [bias.shape[KEYS] as number], blocks: [block] }
  }
  const ends = sizes.map((_, i) => total(sizes.slice(0, i + 1)))
  const pieces = sizes.map((size, i) => (i === 0 ? front + size : size))
  const blocks = split(bias, sizes, QUERIES).map((rows, i) => {
    const oldest = window === null || front > 0 ? 0 : (ends[i - 1] ?? 0) - window + 1
    const first = ends.findIndex((end) => end > oldest)
    return { queries: sizes[i] as number, first, end: i + 1, bias: columnsOf(rows, pieces, first, i + 1) }
  })
  return { pieces, blocks }
}

const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0)

function columnsOf(rows: Node, pieces: readonly number[], first: number, end: number): Node {
  const lengths = [pieces.slice(0, first), pieces.slice(first, end), pieces.slice(end)].map(total)
  const wanted = lengths.filter((length) => length > 0)
  return split(rows, wanted, KEYS)[first > 0 ? 1 : 0] as Node
}

/** A row's own tokens among themselves. */
function ownBias({ batch, length, attentionMask, positions }: BatchNodes, visible: Visibility): Node {
  const real = reshape(minimumOne(attentionMask), [batch, 1, 1, 1, length])
  const padding = mul(sub(fill(1), real), fill(MASKED))
  const withBand = visible.causal || visible.window !== null ? add(band(length, visible), padding) : padding
  if (!positions) return withBand
  const segments = toFloat(attentionMask)
  const across = equal(reshape(segments, [batch, 1, 1, length, 1]), reshape(segments, [batch, 1, 1, 1, length]))
  return add(withBand, mul(sub(fill(1), toFloat(across)), fill(MASKED)))
}

/** Slots from a query's own position on back, [1, 1, 1, T, slots]; those behind it were never written or are stale. */
function cachedBias(positions: Node, slots: number, { window }: Visibility): Node {
  const [length] = positions.shape as [number]
  const queries = reshape(toFloat(positions), [1, 1, 1, length, 1])
  const keys = constant(rising(slots), [1, 1, 1, 1, slots])
  const past = toFloat(greaterEqual(queries, keys))
  const near = window === null ? past : mul(past, toFloat(greaterEqual(keys, sub(queries, fill(window - 1)))))
  return mul(sub(fill(1), near), fill(MASKED))
}

/** A prefix is seen by everyone, padding or not, until it falls out of a window: [1, 1, 1, 1, columns] or one a query. */
function prefixBias({ batch, length, positions }: BatchNodes, window: number | null, columns: number): Node {
  if (window === null) return fill(0, [1, 1, 1, 1, columns])
  const own = positions
    ? reshape(toFloat(positions), [batch, 1, 1, length, 1])
    : constant(rising(length), [1, 1, 1, length, 1])
  const keys = constant(rising(columns), [1, 1, 1, 1, columns])
  const near = toFloat(greaterEqual(keys, add(own, fill(columns - window + 1))))
  return mul(sub(fill(1), near), fill(MASKED))
}

const rising = (count: number) => Float32Array.from({ length: count }, (_, i) => i)

/** 1 for real positions, whatever the number of their segment. */
const minimumOne = (segments: Node): Node => toFloat(greaterEqual(toFloat(segments), fill(1)))

function band(length: number, { causal, window }: Visibility): Node {
  const values = new Float32Array(length * length).fill(MASKED)
  for (let query = 0; query < length; query++) {
    const first = window === null ? 0 : Math.max(0, query - window + 1)
    const end = causal ? query + 1 : Math.min(length, query + (window ?? length))
    values.fill(0, query * length + first, query * length + end)
  }
  return constant(values, [length, length])
}
