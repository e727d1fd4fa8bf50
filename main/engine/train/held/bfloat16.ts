import { packBf16, roundedToBf16 } from '../../bfloat16.ts'
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
    pack: (weight) => [packBf16(weight)],
    seen: roundedToBf16,
    whole: (gate) => widened(gate ? after(value, gate) : value),
    rows: (ids) => widened(gather(value, ids)),
  }
}
