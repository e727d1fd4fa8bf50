import { type Node, sizeOf } from './graph.ts'

/** Constants up to this many elements are written again wherever they are used. */
const SMALL = 64

export const isSmallConstant = ({ op, shape, attrs }: Node): boolean =>
  op.name === 'constant' && Math.min(sizeOf(shape), (attrs.data as { length: number }).length) <= SMALL

/** Nodes that belong to the whole program, not to a layer: state, data, and arrays that are cut into layers. */
const COMMON = new Set(['read', 'placeholder', 'constant', 'split', 'part'])

/**
 * The region of every node of an order in which inputs come before users: the number of the last `boundary` that it
 * depends on, 0 if on none. What depends on no boundary but is used in one or two regions alone (a layer's merged weight,
 * used forward and backward) belongs to the first of them. No node reads one of a later region, so regions can be
 * computed one after the other.
 */
export function regionsOf(order: readonly Node[], roots: readonly Node[]): ReadonlyMap<Node, number> {
  const regions = lastBoundaries(order)
  sink(order, regions, new Set(roots))
  return regions
}

/** The number of the last `boundary` that each node of an order depends on or is, 0 if it depends on none. */
export function lastBoundaries(order: readonly Node[]): Map<Node, number> {
  const regions = new Map<Node, number>()
  let boundaries = 0
  for (const node of order) {
    const after = node.inputs.reduce((last, input) => Math.max(last, regions.get(input) as number), 0)
    regions.set(node, node.op.name === 'boundary' ? ++boundaries : after)
  }
  return regions
}

/** Moves what depends on no boundary into the region that needs it first. */
function sink(order: readonly Node[], regions: Map<Node, number>, roots: ReadonlySet<Node>): void {
  const users = new Map<Node, Set<number>>()
  for (const node of [...order].reverse()) {
    const own = users.get(node)
    const movable = regions.get(node) === 0 && !COMMON.has(node.op.name) && !roots.has(node)
    if (movable && own && own.size <= 2) regions.set(node, Math.min(...own))
    // A boundary is the first node of its region, so what it stands for belongs to the one before.
    const user = (regions.get(node) as number) - (node.op.name === 'boundary' ? 1 : 0)
    for (const input of node.inputs) users.set(input, (users.get(input) ?? new Set()).add(user))
  }
}
