import type { Node } from '../ir/graph.ts'
import { add, constant, fill, matmul, mul, reshape, softmax, sub, toFloat, transpose } from '../ops/index.ts'
import type { BatchNodes } from './model.ts'

/** Large enough to vanish in a softmax, small enough to stay finite when two of them add up. */
const MASKED = -1e9

/** Additive mask [B, 1, 1, T, T]: 0 where a query may look at a key, MASKED for later positions and padding. */
export function causalBias({ batch, length, attentionMask }: BatchNodes): Node {
  const causal = Float32Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? MASKED : 0,
  )
  const real = reshape(toFloat(attentionMask), [batch, 1, 1, 1, length])
  return add(constant(causal, [length, length]), mul(sub(fill(1), real), fill(MASKED)))
}

export type Heads = { readonly heads: number; readonly groups: number; readonly size: number }

/**
 * Scaled dot-product attention with grouped keys and values (arXiv 2305.13245): q [B, T, heads, size] already scaled,
 * k and v [B, T, groups, size]. Query heads of a group are stacked as rows, so keys are never repeated in memory.
 * Returns [B*T, heads*size].
 */
export function groupedAttention(q: Node, k: Node, v: Node, bias: Node, { heads, groups, size }: Heads): Node {
  const [batch, length] = q.shape as [number, number]
  const share = heads / groups
  const queries = transpose(reshape(q, [batch, length, groups, share, size]), [0, 2, 3, 1, 4])
  const keys = transpose(k, [0, 2, 1, 3])
  const values = transpose(v, [0, 2, 1, 3])
  const rows = reshape(queries, [batch, groups, share * length, size])
  const scores = reshape(matmul(rows, keys, { transposeB: true }), [batch, groups, share, length, length])
  const weights = reshape(softmax(add(scores, bias)), [batch, groups, share * length, length])
  const mixed = reshape(matmul(weights, values), [batch, groups, share, length, size])
  return reshape(transpose(mixed, [0, 3, 1, 2, 4]), [batch * length, heads * size])
}

/** 1/sqrt(size), the scale of attention scores. */
export const attentionScale = (size: number): number => 1 / Math.sqrt(size)
