import { encodeBf16, roundedToBf16 } from '../../bfloat16.ts'
import type { Shape, Variable } from '../../ir/graph.ts'
import { after, gather, read, widened } from '../../ops/index.ts'
import type { HeldWeight } from './held-weight.ts'

/** A weight held in bfloat16: half of float32's memory, and exact where the file is bfloat16. */
export function asBfloat16(name: string, shape: Shape): HeldWeight {
  const variable: Variable = { name, dtype: 'bfloat16', shape }
  const value = read(variable)
  return {
    name,
    shape,
    kind: 'bfloat16',
    variables: [variable],
    pack: (values, at, [words]) => void encodeBf16(values, bitsOf(words as Int32Array, at, values.length)),
    seen: roundedToBf16,
    whole: (gate) => widened(gate ? after(value, gate) : value),
    rows: (ids) => widened(gather(value, ids)),
  }
}

const bitsOf = ({ buffer, byteOffset }: Int32Array, at: number, length: number) =>
  new Uint16Array(buffer, byteOffset + 2 * at, length)
