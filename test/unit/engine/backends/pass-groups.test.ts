import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withPasses } from '../../../../main/engine/backends/tensorflow/passes/fuse.ts'
import { type Group, groupsOf } from '../../../../main/engine/backends/tensorflow/passes/groups.ts'
import { type Node, signatureRoots, topological } from '../../../../main/engine/ir/graph.ts'
import * as ops from '../../../../main/engine/ops/index.ts'

const KNOWN = new Set(['add', 'neg', 'mul', 'sum'])
/** As `MAX_STEPS` in groups.ts. */
const MOST = 48
const SHAPE = [64, 64]

/** What a node is made of: known or unknown to chains, and which earlier ones it reads. */
const drawn = fc.array(fc.record({ kind: fc.nat(5), a: fc.nat(1000), b: fc.nat(1000) }), {
  minLength: 2,
  maxLength: 80,
})
type Drawn = { readonly kind: number; readonly a: number; readonly b: number }

/** Nodes of one region, behind a boundary. */
function nodesOf(steps: readonly Drawn[]): Node[] {
  const x = ops.boundary(ops.placeholder('x', 'float32', SHAPE))
  const nodes: Node[] = []
  const pick = (i: number) =>
    nodes.length === 0 ? x : (nodes[nodes.length - 1 - (i % Math.min(nodes.length, 6))] as Node)
  for (const { kind, a, b } of steps) {
    const [first, second] = [pick(a), pick(b)]
    const wide = first.shape[1] === 1 ? ops.broadcastTo(first, SHAPE) : first
    if (wide !== first) nodes.push(wide)
    if (kind < 2) nodes.push(ops.add(wide, second))
    else if (kind === 2) nodes.push(ops.neg(first))
    else if (kind === 3) nodes.push(ops.sum(wide, [1]))
    else if (kind === 4) nodes.push(ops.exp(first))
    else nodes.push(ops.transpose(wide, [1, 0]))
  }
  return nodes
}

/** Whether each group can be computed as one, tried out: what waits for nothing is taken away until nothing is left. */
function canBeOrdered(nodes: readonly Node[], groups: readonly Group[]): boolean {
  const owner = new Map<Node, object>(nodes.map((node) => [node, node]))
  for (const group of groups) for (const node of group.nodes) owner.set(node, group)
  const waits = new Map<object, Set<object>>()
  for (const node of nodes) {
    const own = owner.get(node) as object
    const on = waits.get(own) ?? new Set<object>()
    waits.set(own, on)
    for (const input of node.inputs) {
      const other = owner.get(input)
      if (other && other !== own) on.add(other)
    }
  }
  for (let before = -1; waits.size !== before; ) {
    before = waits.size
    for (const [own, on] of waits) if ([...on].every((other) => !waits.has(other))) waits.delete(own)
  }
  return waits.size === 0
}

describe('groups of nodes that become chains', () => {
  it('can be computed one after the other, whatever the graph', () => {
    let groups = 0
    const property = fc.property(drawn, (steps) => {
      const nodes = nodesOf(steps)
      const found = groupsOf(nodes, KNOWN)
      groups += found.length
      expect(canBeOrdered(nodes, found)).toBe(true)
      const all = found.flatMap((group) => group.nodes)
      expect(new Set(all).size).toBe(all.length)
      for (const group of found) {
        expect(group.nodes.length).toBeGreaterThan(1)
        expect(group.nodes.length).toBeLessThanOrEqual(MOST)
        for (const { op } of group.nodes) expect(KNOWN).toContain(op.name)
      }
    })
    fc.assert(property, { numRuns: 300 })
    expect(groups).toBeGreaterThan(300)
  })

  it('leave out what would wait for itself: a sum, something unknown, and both added up', () => {
    const x = ops.placeholder('x', 'float32', SHAPE)
    const a = ops.neg(x)
    const unknown = ops.exp(a)
    const b = ops.add(a, unknown)
    expect(groupsOf([a, unknown, b], KNOWN)).toEqual([])
    const c = ops.neg(b)
    expect(groupsOf([a, unknown, b, c], KNOWN).map(({ nodes }) => nodes)).toEqual([[b, c]])
  })

  it('have so many steps at most', () => {
    let x = ops.placeholder('x', 'float32', SHAPE)
    const nodes = Array.from({ length: 150 }, () => {
      x = ops.neg(x)
      return x
    })
    const lengths = groupsOf(nodes, KNOWN).map((group) => group.nodes.length)
    expect(Math.max(...lengths)).toBe(MOST)
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(140)
  })

  it('leave out what fills rows with a constant alone, which would be one number a row there', () => {
    const x = ops.placeholder('x', 'float32', SHAPE)
    const narrow = ops.sum(x, [1])
    const filled = ops.mul(narrow, ops.fill(2, SHAPE))
    expect(groupsOf([narrow, filled, ops.neg(filled)], KNOWN).flatMap(({ nodes }) => nodes)).not.toContain(filled)
  })

  it('keep a program’s order when they are fused, whatever the graph', () => {
    let chains = 0
    const property = fc.property(drawn, (steps) => {
      const nodes = nodesOf(steps)
      const x = topological(nodes).find(({ op }) => op.name === 'placeholder') as Node
      const outputs = { y: ops.boundary(nodes.at(-1) as Node) }
      const program = { variables: [], signatures: { main: { inputs: { x }, outputs, updates: [] } } }
      const signature = withPasses(program, KNOWN).signatures.main
      if (!signature) throw new Error('no signature')
      expect(signature.outputs.y?.shape).toEqual(outputs.y.shape)
      const order = topological(signatureRoots(signature))
      chains += order.filter(({ op }) => op.name === 'passes').length
      const place = new Map(order.map((node, i) => [node, i]))
      for (const node of order)
        for (const input of node.inputs) expect(place.get(input)).toBeLessThan(place.get(node) as number)
    })
    fc.assert(property, { numRuns: 100 })
    expect(chains).toBeGreaterThan(50)
  })
})
