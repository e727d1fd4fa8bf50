import type { NamedValues, Values } from '../../ir/executable.ts'
import type { Signature, Variable } from '../../ir/graph.ts'
import { sizeOf } from '../../ir/graph.ts'
import { placeholder, read } from '../../ops/leaf.ts'

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
    const inputs = Object.fromEntries(
      group.map((variable) => [variable.name, placeholder(variable.name, variable.dtype, variable.shape)]),
    )
    const updates = group.map((variable) => ({
      kind: 'assign' as const,
      variable,
      value: inputs[variable.name] as ReturnType<typeof placeholder>,
    }))
    signatures[`write:${i}`] = { inputs, outputs: {}, updates }
    const outputs = Object.fromEntries(group.map((variable) => [variable.name, read(variable)]))
    signatures[`read:${i}`] = { inputs: {}, outputs, updates: [] }
  })
  return {
    signatures,
    writes: (values: Iterable<readonly [string, Values]>) => writes(values, groups, groupOf),
    reads: (names: readonly string[]) => reads(names, groupOf),
  }
}

function inGroups(variables: readonly Variable[]): Variable[][] {
  const groups: Variable[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const variable of variables) {
    const size = 4 * sizeOf(variable.shape)
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
