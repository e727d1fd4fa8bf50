import type { Node } from '../../../ir/graph.ts'
import { joined, type Space, spaceOf, stepName } from './space.ts'

/** Nodes of one region that become one chain of passes, in order, and the rows they go through. */
export type Group = { readonly space: Space; readonly nodes: readonly Node[] }

/** Steps of a chain at most: beyond, its rows would no longer stay in the cache. */
const MAX_STEPS = 48

/**
 * Chains among the nodes of one region (in order): neighbours that go through the same rows, taken together as long as
 * nothing outside of a chain stands between two of its nodes, since a chain is computed at once.
 */
export function groupsOf(nodes: readonly Node[], known: ReadonlySet<string>): Group[] {
  const graph = regionGraph(nodes)
  const group = nodes.map((node, i) => ({ space: spaceOf(node, known), members: [i] }))
  const of = (i: number) => group[i] as Draft
  for (const [i, inputs] of graph.inputs.entries()) {
    for (const input of inputs) {
      const union = of(i) === of(input) ? null : together(of(i), of(input))
      if (!union || leavesAndReturns(union, graph, of) || readsColumns(union, graph, nodes)) continue
      for (const member of union.members) group[member] = union
    }
  }
  return [...new Set(group)].flatMap(({ space, members }) =>
    space && members.length > 1 ? { space, nodes: members.sort((a, b) => a - b).map((i) => nodes[i] as Node) } : [],
  )
}

type Draft = { readonly space: Space | null; readonly members: number[] }

/** Nodes of a region by number, with those of its own that each reads and is read by. */
type RegionGraph = { readonly inputs: readonly (readonly number[])[]; readonly users: readonly (readonly number[])[] }

function regionGraph(nodes: readonly Node[]): RegionGraph {
  const number = new Map(nodes.map((node, i) => [node, i]))
  const inputs = nodes.map((node) => node.inputs.flatMap((input) => number.get(input) ?? []))
  const users = nodes.map(() => [] as number[])
  for (const [i, own] of inputs.entries()) for (const input of own) users[input]?.push(i)
  return { inputs, users }
}

function together(a: Draft, b: Draft): Draft | null {
  const space = a.space && b.space && joined(a.space, b.space)
  if (!space || a.members.length + b.members.length > MAX_STEPS) return null
  return { space, members: [...a.members, ...b.members] }
}

/** Whether a member reads what another sums up over all rows, which is not there before the last of them. */
const readsColumns = ({ members }: Draft, { inputs }: RegionGraph, nodes: readonly Node[]): boolean =>
  members.some((i) =>
    inputs[i]?.some((input) => members.includes(input) && stepName(nodes[input] as Node) === 'columnSum'),
  )

/** Whether something outside needs a result of the union and the union needs something of it, through other chains as well. */
function leavesAndReturns(union: Draft, { users }: RegionGraph, of: (i: number) => Draft): boolean {
  const inside = new Set(union.members)
  const readers = (i: number) => (users[i] as readonly number[]).filter((user) => !inside.has(user))
  const seen = new Set(union.members.flatMap(readers))
  for (const i of seen) {
    // Who waits for one node of a chain waits for the whole of it.
    for (const member of of(i).members) {
      for (const user of users[member] as readonly number[]) {
        if (inside.has(user)) return true
        seen.add(user)
      }
    }
  }
  return false
}
