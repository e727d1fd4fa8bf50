import type { NamedValues, Values } from '../../ir/executable.ts'
import { type Node, type Program, type Signature, signatureRoots, topological, type Variable } from '../../ir/graph.ts'
import { rewrite, withInputs } from '../../ir/rewrite.ts'
import { heldData, placeholder, read } from '../../ops/index.ts'

/** Constants from this many elements on (64 kB) are worth a variable. */
const LARGE = 16_384

/** The entry point that fills the variables; no program has one of that name. */
export const FILL = 'fill constants!'

export type WithoutLargeConstants = {
  /** The program with variables in place of the constants, and the entry point `FILL` if there are any. */
  readonly program: Program
  /** What to run `FILL` with, once. */
  readonly values: NamedValues
}

type Place = { readonly variable: Variable; readonly data: Values; readonly node: Node }

/**
 * Large constants (look-up tables, attention masks, rotation angles) as variables that are written once. TensorFlow copies
 * a graph's constants into its description, into the graph of each entry point, into what its optimiser makes of that,
 * and into each function they are pushed into; a variable is there once. They are part of no run's state: the
 * variables of the program's own stay as they are.
 */
export function withoutLargeConstants(program: Program): WithoutLargeConstants {
  const places = placesOf(program)
  if (places.size === 0) return { program, values: {} }
  const distinct = [...new Set(places.values())]
  const { signatures, variables } = rewrite(
    program,
    (node, inputs) => places.get(node)?.node ?? withInputs(node, inputs),
  )
  return {
    program: {
      variables: [...variables, ...distinct.map(({ variable }) => variable)],
      signatures: { ...signatures, [FILL]: filling(distinct) },
    },
    values: Object.fromEntries(distinct.map(({ variable, data }) => [variable.name, data])),
  }
}

/** The variable of each large constant; those of one type with equal data have one in common. */
function placesOf({ signatures }: Program): ReadonlyMap<Node, Place> {
  const places = new Map<Node, Place>()
  const byType = new Map<string, Place[]>()
  for (const node of topological(Object.values(signatures).flatMap(signatureRoots))) {
    if (!isLarge(node)) continue
    const type = `${node.dtype}[${node.shape}]`
    const alike = byType.get(type) ?? []
    byType.set(type, alike)
    const data = heldData(node.attrs)
    const place = alike.find((other) => sameData(other.data, data)) ?? newPlace(node, data, `${type}:${alike.length}`)
    if (!alike.includes(place)) alike.push(place)
    places.set(node, place)
  }
  return places
}

/** Data of one element that fills a shape is small, whatever the shape. */
const isLarge = ({ op, attrs, dtype }: Node): boolean =>
  op.name === 'constant' &&
  (dtype === 'float32' || dtype === 'int32') &&
  (attrs.data as { length: number }).length >= LARGE

/** Bit by bit, so that -0 is not 0, and NaN is itself. */
const sameData = (a: Values, b: Values): boolean => a === b || bytesIn(a).equals(bytesIn(b))

const bytesIn = ({ buffer, byteOffset, byteLength }: Values): Buffer => Buffer.from(buffer, byteOffset, byteLength)

function newPlace({ dtype, shape }: Node, data: Values, name: string): Place {
  const variable: Variable = { name: `constant ${name}`, dtype, shape }
  return { variable, data, node: read(variable) }
}

function filling(places: readonly Place[]): Signature {
  const fed = places.map(({ variable: { name, dtype, shape } }) => placeholder(name, dtype, shape))
  return {
    inputs: Object.fromEntries(places.map(({ variable }, i) => [variable.name, fed[i] as Node])),
    outputs: {},
    updates: places.map(({ variable }, i) => ({ kind: 'assign', variable, value: fed[i] as Node })),
  }
}
