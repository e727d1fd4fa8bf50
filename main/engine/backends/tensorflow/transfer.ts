import type { NamedValues, Values } from '../../ir/executable.ts'
import { bytesOf, isWrittenPacked, type Node, type Signature, sizeOf, type Variable } from '../../ir/graph.ts'
import { bfloat16Bits, placeholder, read, widened } from '../../ops/index.ts'

/** Variables move in groups of about this many bytes: few entry points, little memory at once. */
const GROUP_BYTES = 128 * 2 ** 20

/**
 * Entry points that fill and copy out variables. Groups follow the declared order, so a writer that yields in that order
 * never holds more than one group.
 */
export function transferSignatures(variables: readonly Variable[]) {
  const groups = inGroups(variables)
  const groupOf = new Map(groups.flatMap((group, i) => group.map((variable) => [variable.name, i] as const)))
  const signatures: Record<string, Signature> = {}
  groups.forEach((group, i) => {
    const written = group.map((variable) => ({ variable, ...handedOver(variable) }))
    signatures[`write:${i}`] = {
      inputs: Object.fromEntries(written.map(({ variable, fed }) => [variable.name, fed])),
      outputs: {},
      updates: written.map(({ variable, value }) => ({ kind: 'assign', variable, value })),
    }
    const outputs = Object.fromEntries(group.map((variable) => [variable.name, widened(read(variable))]))
    signatures[`read:${i}`] = { inputs: {}, outputs, updates: [] }
  })
  return {
    signatures,
    writes: (values: Iterable<readonly [string, Values]>) => writes(values, groups, groupOf),
    reads: (names: readonly string[]) => reads(names, groupOf),
  }
}

/** What is fed for a variable, and its value made of it. tfjs has no bfloat16, so its bits come as int32. */
function handedOver(variable: Variable): { fed: Node; value: Node } {
  const { name, dtype, shape } = variable
  if (!isWrittenPacked(variable)) {
    const fed = placeholder(name, dtype, shape)
    return { fed, value: fed }
  }
  const fed = placeholder(name, 'int32', [Math.ceil(sizeOf(shape) / 2)])
  const bits = bfloat16Bits(fed, shape)
  return { fed, value: dtype === 'bfloat16' ? bits : widened(bits) }
}

function inGroups(variables: readonly Variable[]): Variable[][] {
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
  return groups
}

/** Collects values until a group is complete; what is never completed is an error of the caller. */
function* writes(
  values: Iterable<readonly [string, Values]>,
  groups: readonly Variable[][],
  groupOf: ReadonlyMap<string, number>,
): Iterable<{ signature: string; inputs: NamedValues }> {
  const waiting = new Map<number, Record<string, Values>>()
  for (const [name, value] of values) {
    const index = groupOf.get(name)
    if (index === undefined) throw new Error(`write: no variable ${name}`)
    const collected = waiting.get(index) ?? {}
    collected[name] = value
    waiting.set(index, collected)
    if (Object.keys(collected).length === groups[index]?.length) {
      waiting.delete(index)
      yield { signature: `write:${index}`, inputs: collected }
    }
  }
  if (waiting.size > 0)
    throw new Error(`write: variables left without a value beside ${[...waiting.values()].flatMap(Object.keys)}`)
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
