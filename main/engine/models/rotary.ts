import type { Node } from '../ir/graph.ts'
import { add, constant, gather, matmul, mul, reshape } from '../ops/index.ts'
import type { BatchNodes } from './model.ts'
import type { Rope } from './rope.ts'

/** Rotates x [B*T, heads*size], times `scale` (the 1/sqrt(size) of attention costs nothing there); [B, T, heads, size]. */
export type Rotary = (x: Node, scale?: number) => Node

/**
 * Rotary position embedding (arXiv 2104.09864) in Hugging Face's half-split layout: x cos + rotateHalf(x) sin.
 * rotateHalf is a signed permutation, here a product with a constant matrix: exact in float32, and two graph nodes
 * instead of four. Dimensions beyond `rope.turned` have cos 1 and sin 0. `first` is the position of a row's first token.
 */
export function rotary({ batch, length, positions, cache }: BatchNodes, rope: Rope, size: number, first = 0): Rotary {
  const turn = rotateHalf(size, rope.turned)
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
    const [rows, width] = x.shape as [number, number]
    const heads = width / size
    const { cos, sin } = tablesFor(scale)
    const inPositions = (y: Node) => reshape(y, [batch, length, heads, size])
    const turned = matmul(reshape(x, [rows * heads, size]), turn, { exact: true })
    return add(mul(inPositions(x), cos), mul(inPositions(turned), sin))
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

/** R with x R = (-second half of the turned part of x, first half of it, 0). */
function rotateHalf(size: number, turned: number): Node {
  const data = new Float32Array(size * size)
  const half = turned / 2
  for (let k = 0; k < half; k++) {
    data[(k + half) * size + k] = -1
    data[k * size + k + half] = 1
  }
  return constant(data, [size, size])
}
