import { encodeBf16, packBf16, roundedToBf16 } from '../../main/engine/bfloat16.ts'
import type { Executable, Values, Written } from '../../main/engine/ir/executable.ts'
import { isWrittenPacked, sizeOf, type Variable } from '../../main/engine/ir/graph.ts'

/** Every kind in many sizes, odd ones, empty ones and scalars among them; more of one kind than an entry point has handles. */
const KINDS: readonly Omit<Variable, 'name' | 'shape'>[] = [
  { dtype: 'float32' },
  { dtype: 'float32', writtenAs: 'bfloat16' },
  { dtype: 'bfloat16' },
]
const SHAPES = [[], [0], [3, 0], [1], [3], [2, 3], [5, 7], [64, 9], [1, 1, 1001]]
const MANY = Array.from({ length: 520 }, (_, i) => [1 + (i % 7)])
export const VARIABLES: readonly Variable[] = [
  ...KINDS.flatMap((kind, k) => SHAPES.map((shape, i) => ({ ...kind, name: `${k}.${i}`, shape }))),
  ...MANY.map((shape, i) => ({ dtype: 'float32' as const, name: `many.${i}`, shape })),
]

/** Values that tell variables and places apart, exact in bfloat16 where they are held or handed over so. */
function valuesFor(variable: Variable): Float32Array {
  const own = VARIABLES.indexOf(variable)
  const values = Float32Array.from({ length: sizeOf(variable.shape) }, (_, i) => own + 1.25 * i - 0.5)
  return isWrittenPacked(variable) ? roundedToBf16(values) : values
}

function fillOf(variable: Variable): Written {
  const values = valuesFor(variable)
  return (into: Values) => {
    // What was there before must not shine through.
    into.fill(-1)
    if (!isWrittenPacked(variable)) return into.set(values)
    encodeBf16(values, new Uint16Array(into.buffer, into.byteOffset, values.length))
  }
}

const arrayOf = (variable: Variable): Values =>
  isWrittenPacked(variable) ? packBf16(valuesFor(variable)) : valuesFor(variable)

export const written = (i: number, variable: Variable) =>
  [variable.name, i % 3 === 0 ? arrayOf(variable) : fillOf(variable)] as const
export const expected = new Map(VARIABLES.map((variable) => [variable.name, valuesFor(variable)]))
export const readAll = (executable: Executable) => new Map(executable.read(VARIABLES.map(({ name }) => name)))
