import type { Node } from '../ir/graph.ts'
import { add, constant, gather, mul, reshape, rotateHalf } from '../ops/index.ts'
import type { BatchNodes } from './model.ts'
import type { Rope } from './rope.ts'

/** Rotates x [B*T, heads*size], times `scale` (the 1/sqrt(size) of attention costs nothing there); [B, T, heads, size]. */
export type Rotary = (x: Node, scale?: number) => Node

/**
 * Rotary position embedding (arXiv 2104.09864) in Hugging Face's half-split layout: x cos + rotateHalf(x) sin. Dimensions beyond `rope.turned` have cos 1 and sin 0. `first` is the position of a row's first token.
 */
export function rotary({ batch, length, positions, cache }: BatchNodes, rope: Rope, size: number, first = 0): Rotary {
  // Packed samples start again from position 0, so each row of the batch has its own table.
  const placed = (table: Node) =>
    positions ? reshape(gather(table, positions), [batch, length, 1, size]) : reshape(table, [length, 1, size])
  const known = new Map<number, Tables>()
  const tablesFor = (scale: number) => {
    const { cos, sin } =
      known.get(scale) ?? tables({ first, length: cache?.slots ?? length }, size, rope, scale, placed)
    known.set(scale, { cos, sin })
    return { cos, sin }
  }
  return (x, scale = 1) => {
    const heads = (x.shape[1] as number) / size
    const { cos, sin } = tablesFor(scale)
    const placedX = reshape(x, [batch, length, heads, size])
    return add(mul(placedX, cos), mul(rotateHalf(placedX, rope.turned), sin))
  }
}

type Tables = { readonly cos: Node; readonly sin: Node }

/** cos and sin of every position; angles are rounded to float32 as transformers does, so that long positions agree. */
function tables(
  { first, length }: { readonly first: number; readonly length: number },
  size: number,
  rope: Rope,
  scale: number,
  placed: (table: Node) => Node,
): Tables {
  const { turned, factor } = rope
  const pairs = rope.frequencies(first + length)
  const half = turned / 2
  const table = (f: (angle: number) => number, passed: number) => {
    const values = new Float64Array(length * size).fill(passed * scale)
    for (let t = 0; t < length; t++) {
      for (let k = 0; k < half; k++) {
        const value = f(Math.fround((first + t) * (pairs[k] as number))) * factor * scale
        values[t * size + k] = value
        values[t * size + half + k] = value
      }
    }
    return constant(values, [length, size])
  }
  return { cos: placed(table(Math.cos, 1)), sin: placed(table(Math.sin, 0)) }
}
