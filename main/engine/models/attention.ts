import { type Node, sizeOf } from '../ir/graph.ts'
import {
  add,
  broadcastTo,
  concat,
  constant,
  equal,
  fill,
  greaterEqual,
  matmul,
  mul,
  recomputed,
  reshape,
  softmax,
  sub,
  toFloat,
  transpose,
} from '../ops/index.ts'
import type { BatchNodes, KeyValues, ModelScope, Prefix } from './model.ts'

/** Large enough to vanish in a softmax, small enough to stay finite when two of them add up. */
const MASKED = -1e9

export type Visibility = {
  /** Whether a query sees only itself and what came before it. */
  readonly causal: boolean
  /** A query sees keys less than so many positions away; null: all. */
  readonly window: number | null
}

/**
 * Additive mask, 0 where a query may look at a key and MASKED elsewhere: [B, 1, 1, 1, T] for encoders, else
 * [B, 1, 1, T, T]; with a prefix T + length columns. Padding is never looked at; in packed batches neither are other samples.
 */
export function attentionBias(nodes: BatchNodes, visible: Visibility, prefix?: Prefix): Node {
  const { positions, cache } = nodes
  if (cache && positions) return cachedBias(positions, cache.slots, visible)
  const own = ownBias(nodes, visible)
  if (!prefix) return own
  const front = prefixBias(nodes, visible.window, prefix.length)
  return beforeColumns(broadcastTo(front, [...own.shape.slice(0, -1), prefix.length]), own)
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

/** Stacks along the last axis; all others are equal. */
function beforeColumns(front: Node, rest: Node): Node {
  const lines = (x: Node) => {
    const columns = x.shape.at(-1) as number
    return transpose(reshape(x, [sizeOf(x.shape) / columns, columns]), [1, 0])
  }
  const columns = (front.shape.at(-1) as number) + (rest.shape.at(-1) as number)
  return reshape(transpose(concat([lines(front), lines(rest)]), [1, 0]), [...rest.shape.slice(0, -1), columns])
}

/** What a layer's queries look at: the batch's own keys and values, behind those of the cache or of a prefix. */
export function seenKeys(
  { prefix }: ModelScope,
  { cache, batch }: BatchNodes,
  layer: number,
  own: KeyValues,
): KeyValues {
  if (cache) return cache.extend(own)
  if (!prefix) return own
  const { keys, values } = prefix.of(layer)
  return { keys: behind(keys, own.keys, batch), values: behind(values, own.values, batch) }
}

/** The same [P, groups, size] in front of every row of [B, T, groups, size]. */
function behind(front: Node, own: Node, batch: number): Node {
  const [length, groups, size] = front.shape as [number, number, number]
  const everyRow = broadcastTo(reshape(front, [length, 1, groups, size]), [length, batch, groups, size])
  return transpose(concat([everyRow, transpose(own, [1, 0, 2, 3])]), [1, 0, 2, 3])
}

/** 1 for real positions, whatever the number of their segment. */
const minimumOne = (segments: Node): Node => toFloat(greaterEqual(toFloat(segments), fill(1)))

function band(length: number, { causal, window }: Visibility): Node {
  const hidden = (query: number, key: number) =>
    (causal && key > query) || (window !== null && Math.abs(query - key) >= window)
  const values = Float32Array.from({ length: length * length }, (_, i) =>
    hidden(Math.floor(i / length), i % length) ? MASKED : 0,
  )
  return constant(values, [length, length])
}

/** Scores of this many keys on are computed again in the backward pass: they then outweigh all else that a layer keeps. */
const LONG = 512

export type Heads = { readonly heads: number; readonly groups: number; readonly size: number }

/**
 * Scaled dot-product attention with grouped keys and values (arXiv 2305.13245): q [B, T, heads, size] already scaled,
 * keys and values [B, T or more, groups, size]. Query heads of a group are stacked as rows, so keys are never repeated in memory.
 * `drop` thins the weights [B, groups, heads/groups, T, keys] in training. Returns [B*T, heads*size].
 */
export function groupedAttention(
  q: Node,
  { keys, values }: KeyValues,
  bias: Node,
  heads: Heads,
  drop: (weights: Node) => Node = (weights) => weights,
): Node {
  const attend = ([q, k, v]: readonly Node[]) => attended(q as Node, k as Node, v as Node, bias, heads, drop)
  const inputs = [q, keys, values]
  return (keys.shape[1] as number) < LONG ? attend(inputs) : recomputed(inputs, attend)
}

function attended(
  q: Node,
  k: Node,
  v: Node,
  bias: Node,
  { heads, groups, size }: Heads,
  drop: (weights: Node) => Node,
): Node {
  const [batch, length] = q.shape as [number, number]
  const seen = k.shape[1] as number
  const share = heads / groups
  const queries = transpose(reshape(q, [batch, length, groups, share, size]), [0, 2, 3, 1, 4])
  const keys = transpose(k, [0, 2, 1, 3])
  const values = transpose(v, [0, 2, 1, 3])
  const rows = reshape(queries, [batch, groups, share * length, size])
  const scores = reshape(matmul(rows, keys, { transposeB: true, exact: true }), [batch, groups, share, length, seen])
  const weights = reshape(drop(softmax(add(scores, bias))), [batch, groups, share * length, seen])
  const mixed = reshape(matmul(weights, values, { exact: true }), [batch, groups, share, length, size])
  return reshape(transpose(mixed, [0, 3, 1, 2, 4]), [batch * length, heads * size])
}

/** 1/sqrt(size), the scale of attention scores. */
export const attentionScale = (size: number): number => 1 / Math.sqrt(size)
