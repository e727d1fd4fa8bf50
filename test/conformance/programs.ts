import type { Node, Program, Shape } from '../../main/engine/ir/graph.ts'
import { sizeOf } from '../../main/engine/ir/graph.ts'
import { verify } from '../../main/engine/ir/verify.ts'
import * as ops from '../../main/engine/ops/index.ts'

/** A stateless program with the entry point `main`, verified. */
export function pureProgram(inputs: Record<string, Node>, outputs: Record<string, Node>): Program {
  const program: Program = { variables: [], signatures: { main: { inputs, outputs, updates: [] } } }
  verify(program)
  return program
}

/** Leaves x0, x1, … of the given shapes. */
export const leaves = (shapes: readonly Shape[]): Node[] =>
  shapes.map((shape, i) => ops.placeholder(`x${i}`, 'float32', shape))

export const named = (nodes: readonly Node[]): Record<string, Node> =>
  Object.fromEntries(nodes.map((node, i) => [`x${i}`, node]))

/** Reproducible values, float32-exact, in (-2, 2) or (0.5, 2). */
export function samples(shapes: readonly Shape[], positive = false, seed = 1): Record<string, Float32Array> {
  let state = seed * 2654435761
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) >>> 0
    return state / 2 ** 32
  }
  return Object.fromEntries(
    shapes.map((shape, i) => [
      `x${i}`,
      Float32Array.from({ length: sizeOf(shape) }, () => (positive ? 0.5 + 1.5 * next() : 4 * next() - 2)),
    ]),
  )
}

/** Largest difference relative to the largest wanted value. */
export function relativeError(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length) throw new Error(`${got.length} values, wanted ${wanted.length}`)
  let difference = 0
  let largest = 0
  for (let i = 0; i < wanted.length; i++) {
    difference = Math.max(difference, Math.abs((got[i] as number) - (wanted[i] as number)))
    largest = Math.max(largest, Math.abs(wanted[i] as number))
    if (Number.isNaN(got[i]) || Number.isNaN(wanted[i])) return Number.POSITIVE_INFINITY
  }
  return difference / (largest || 1)
}
