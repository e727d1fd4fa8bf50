import type { Node } from '../ir/graph.ts'
import {
  add,
  attention,
  broadcastTo,
  concat,
  matmul,
  recomputed,
  reshape,
  softmax,
  split,
  transpose,
} from '../ops/index.ts'
import type { AttentionMask, QueryBlock } from './attention-mask.ts'
import type { BatchNodes, KeyValues, ModelScope } from './model.ts'

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
  return concat([broadcastTo(reshape(front, [1, length, groups, size]), [batch, length, groups, size]), own], 1)
}

/** Scores of this many keys on are computed again in the backward pass: they then outweigh all else that a layer keeps. */
const LONG = 512

export type Heads = { readonly heads: number; readonly groups: number; readonly size: number }

/**
 * Whether attention with weights dropped at `rate` is one node. Its mask is then whole: the kernel itself finds out what nobody sees.
 */
export const isOneNode = ({ attentionKernel }: ModelScope, size: number, rate: number): boolean =>
  size % 16 === 0 && attentionKernel?.(rate) === true

/** Thins the weights [B, groups, heads/groups, queries, keys] of the numbered block of queries in training. */
export type DropWeights = (weights: Node, block: number) => Node

/**
 * Scaled dot-product attention with grouped keys and values (arXiv 2305.13245): q [B, T, heads, size] already scaled,
 * keys and values [B, T or more, groups, size]. Query heads of a group are stacked as rows, so keys are never repeated in
 * memory. Returns [B*T, heads*size].
 */
export function groupedAttention(
  q: Node,
  { keys, values }: KeyValues,
  mask: AttentionMask,
  heads: Heads,
  drop: DropWeights = (weights) => weights,
): Node {
  const attend = ([q, k, v]: readonly Node[]) => attended(q as Node, k as Node, v as Node, mask, heads, drop)
  const inputs = [q, keys, values]
  return (keys.shape[1] as number) < LONG ? attend(inputs) : recomputed(inputs, attend)
}

/** The same as one node, where {@link isOneNode}. */
export function attentionNode(q: Node, { keys, values }: KeyValues, { blocks }: AttentionMask): Node {
  const { bias } = blocks[0] as QueryBlock
  const [samples, , , queries, slots] = bias.shape as [number, number, number, number, number]
  return attention(q, keys, values, reshape(bias, [samples, queries, slots]))
}

function attended(q: Node, k: Node, v: Node, { pieces, blocks }: AttentionMask, heads: Heads, drop: DropWeights): Node {
  const [batch, length] = q.shape as [number, number]
  const [keys, values] = [k, v].map((x) => split(transpose(x, [0, 2, 1, 3]), pieces, 2)) as [Node[], Node[]]
  const queries = split(
    q,
    blocks.map((block) => block.queries),
    1,
  )
  const mixed = blocks.map((block, i) => {
    const [seen, mixedIn] = [keys, values].map((all) => concat(all.slice(block.first, block.end), 2)) as [Node, Node]
    return oneBlock(queries[i] as Node, { keys: seen, values: mixedIn }, block, heads, (weights) => drop(weights, i))
  })
  return reshape(concat(mixed, 1), [batch * length, heads.heads * heads.size])
}

/** q [B, queries, heads, size]; keys and values [B, groups, keys, size]. Returns [B, queries, heads*size]. */
function oneBlock(
  q: Node,
  { keys, values }: KeyValues,
  { bias }: QueryBlock,
  { heads, groups, size }: Heads,
  drop: (weights: Node) => Node,
): Node {
  const [batch, length] = q.shape as [number, number]
  const seen = keys.shape[2] as number
  const share = heads / groups
  const byGroup = transpose(reshape(q, [batch, length, groups, share, size]), [0, 2, 3, 1, 4])
  const rows = reshape(byGroup, [batch, groups, share * length, size])
  const scores = reshape(matmul(rows, keys, { transposeB: true, exact: true }), [batch, groups, share, length, seen])
  const weights = reshape(drop(softmax(add(scores, bias))), [batch, groups, share * length, seen])
  const mixed = reshape(matmul(weights, values, { exact: true }), [batch, groups, share, length, size])
  return reshape(transpose(mixed, [0, 3, 1, 2, 4]), [batch, length, heads * size])
}

/** Where dropout of a layer's attention weights is told apart by block of queries. */
export const blockPlace = (path: string, block: number): string => (block === 0 ? path : `${path}.${block}`)

/** 1/sqrt(size), the scale of attention scores. */
export const attentionScale = (size: number): number => 1 / Math.sqrt(size)
