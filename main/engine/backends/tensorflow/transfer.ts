import type { NamedValues, Values, Written } from '../../ir/executable.ts'
import { bytesOf, isWrittenPacked, type Node, type Signature, type Variable } from '../../ir/graph.ts'
import { handedOver } from '../../ir/handed-over.ts'
import { bfloat16Bits, placeholder, read, widened } from '../../ops/index.ts'
import { bytesToLend, type Lent, lentMemory } from './lent-memory.ts'
import type { EntryPoint } from './lower.ts'
import type { NodeDef } from './proto.ts'

/** Variables move in groups of about this many bytes: few entry points, little memory at once. */
const GROUP_BYTES = 128 * 2 ** 20

/** One session call of a write: of an entry point of its own, or else of the program's by that name. */
export type WriteCall = { readonly name: string; readonly entry?: EntryPoint; readonly inputs: NamedValues }

/** What writing variables adds to the program, or to its graph, and the calls for the values that are given. */
export type Writes = {
  readonly signatures: Readonly<Record<string, Signature>>
  readonly nodes: readonly NodeDef[]
  calls(values: Iterable<readonly [string, Written]>): Iterable<WriteCall>
}

/**
 * Entry points that fill variables. Groups follow the declared order, so a writer that yields in that order never holds
 * more than one group. (On a processor `numbered-writes.ts` takes their place.)
 */
export function groupedWrites(variables: readonly Variable[]): Writes {
  const { groups, groupOf } = inGroups(variables)
  const signatures = groups.map((group, i): [string, Signature] => {
    const written = group.map((variable) => ({ variable, ...nodesOf(variable) }))
    const inputs = Object.fromEntries(written.map(({ variable, fed }) => [variable.name, fed]))
    const updates = written.map(({ variable, value }) => ({ kind: 'assign', variable, value }) as const)
    return [`write:${i}`, { inputs, outputs: {}, updates }]
  })
  return {
    signatures: Object.fromEntries(signatures),
    nodes: [],
    calls: (values) => calls(values, groups, groupOf),
  }
}

/** Entry points that copy variables out, in the same groups. */
export function readSignatures(variables: readonly Variable[]) {
  const { groups, groupOf } = inGroups(variables)
  const signatures = groups.map((group, i): [string, Signature] => {
    const outputs = Object.fromEntries(group.map((variable) => [variable.name, widened(read(variable))]))
    return [`read:${i}`, { inputs: {}, outputs, updates: [] }]
  })
  return {
    signatures: Object.fromEntries(signatures),
    reads: (names: readonly string[]) => reads(names, groupOf),
  }
}

/** What is fed for a variable, and its value made of it. tfjs has no bfloat16, so its bits come as int32. */
function nodesOf(variable: Variable): { fed: Node; value: Node } {
  const { name, dtype, shape } = variable
  if (!isWrittenPacked(variable)) {
    const fed = placeholder(name, dtype, shape)
    return { fed, value: fed }
  }
  const fed = placeholder(name, 'int32', [handedOver(variable).length])
  const bits = bfloat16Bits(fed, shape)
  return { fed, value: dtype === 'bfloat16' ? bits : widened(bits) }
}

function inGroups(variables: readonly Variable[]) {
  const groups: Variable[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const variable of variables) {
    const size = bytesOf(variable)
    if (bytes + size > GROUP_BYTES) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(variable)
    bytes += size
  }
  const groupOf = new Map(groups.flatMap((group, i) => group.map(({ name }) => [name, i] as const)))
  return { groups, groupOf }
}

type Waiting = { readonly inputs: Record<string, Values>; readonly lent: Lent }

/**
 * Collects values until a group is complete; what is never completed is an error of the caller. What comes as a function
 * fills memory that the next group has as soon as this one was run, that is when the next is asked for.
 */
function* calls(
  values: Iterable<readonly [string, Written]>,
  groups: readonly Variable[][],
  groupOf: ReadonlyMap<string, number>,
): Iterable<WriteCall> {
  const known = new Map(groups.flat().map((variable) => [variable.name, variable]))
  const memory = lentMemory(groups.reduce((most, group) => Math.max(most, bytesToLend(group)), 0))
  const waiting = new Map<number, Waiting>()
  try {
    for (const [name, value] of values) {
      const index = groupOf.get(name)
      if (index === undefined) throw new Error(`write: no variable ${name}`)
      const { inputs, lent } = waiting.get(index) ?? { inputs: {}, lent: memory.lend() }
      waiting.set(index, { inputs, lent })
      inputs[name] = lent.valuesOf(value, known.get(name) as Variable)
      if (Object.keys(inputs).length !== groups[index]?.length) continue
      waiting.delete(index)
      yield { name: `write:${index}`, inputs }
      lent.giveBack()
    }
  } finally {
    memory.close()
  }
  if (waiting.size > 0) {
    const names = [...waiting.values()].flatMap(({ inputs }) => Object.keys(inputs))
    throw new Error(`write: variables left without a value beside ${names}`)
  }
}

/** Consecutive names of one group are fetched together. */
function* reads(names: readonly string[], groupOf: ReadonlyMap<string, number>) {
  let group: string[] = []
  for (const name of names) {
    if (group.length > 0 && groupOf.get(group[0] as string) !== groupOf.get(name)) {
      yield { signature: `read:${groupOf.get(group[0] as string)}`, names: group }
      group = []
    }
    group.push(name)
  }
  if (group.length > 0) yield { signature: `read:${groupOf.get(group[0] as string)}`, names: group }
}
