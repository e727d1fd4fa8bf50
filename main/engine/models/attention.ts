import type { Node } from '../ir/graph.ts'
import {
  add,
  constant,
  equal,
  fill,
  greaterEqual,
  matmul,
  mul,
  reshape,
  softmax,
  sub,
  toFloat,
  transpose,
} from '../ops/index.ts'
import type { BatchNodes } from './model.ts'

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
 * [B, 1, 1, T, T]. Padding is never looked at; in packed batches neither are other samples.
 */
export function attentionBias(nodes: BatchNodes, visible: Visibility): Node {
  const { batch, length, attentionMask, positions, cache } = nodes
  if (cache && positions) return cachedBias(positions, cache.slots, visible)
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
  const keys = constant(
    Float32Array.from({ length: slots }, (_, i) => i),
    [1, 1, 1, 1, slots],
  )
  const past = toFloat(greaterEqual(queries, keys))
  const near = window === null ? past : mul(past, toFloat(greaterEqual(keys, sub(queries, fill(window - 1)))))
  return mul(sub(fill(1), near), fill(MASKED))
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

export type Heads = { readonly heads: number; readonly groups: number; readonly size: number }

/**
 * Scaled dot-product attention with grouped keys and values (arXiv 2305.13245): q [B, T, heads, size] already scaled,
 * k and v [B, T or slots, groups, size]. Query heads of a group are stacked as rows, so keys are never repeated in memory.
 * Returns [B*T, heads*size].
 */
export function groupedAttention(q: Node, k: Node, v: Node, bias: Node, { heads, groups, size }: Heads): Node {
  const [batch, length] = q.shape as [number, number]
  const seen = k.shape[1] as number
  const share = heads / groups
  const queries = transpose(reshape(q, [batch, length, groups, share, size]), [0, 2, 3, 1, 4])
  const keys = transpose(k, [0, 2, 1, 3])
  const values = transpose(v, [0, 2, 1, 3])
  const rows = reshape(queries, [batch, groups, share * length, size])
  const scores = reshape(matmul(rows, keys, { transposeB: true }), [batch, groups, share, length, seen])
  const weights = reshape(softmax(add(scores, bias)), [batch, groups, share * length, seen])
  const mixed = reshape(matmul(weights, values), [batch, groups, share, length, size])
  return reshape(transpose(mixed, [0, 3, 1, 2, 4]), [batch * length, heads * size])
}

/** 1/sqrt(size), the scale of attention scores. */
export const attentionScale = (size: number): number => 1 / Math.sqrt(size)
