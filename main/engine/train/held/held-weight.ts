import type { Values } from '../../ir/executable.ts'
import type { Node, Shape, Variable } from '../../ir/graph.ts'
import { arrayFor } from '../../ir/handed-over.ts'

/** A frozen base weight that is held in less than float32, and how it becomes float32 where it is used. */
export type HeldWeight = {
  readonly name: string
  readonly shape: Shape
  readonly kind: 'bfloat16' | 'nf4' | 'int8'
  /** What it is held in, in the order in which values are given. */
  readonly variables: readonly Variable[]
  /**
   * Packs values of a weight from a file, number `at` (a multiple of 64) and those after it, into arrays for the variables.
   * Where it is held as codes, the second of them tells: a scale is no finite number if a value is none.
   */
  readonly pack: (values: Float32Array, at: number, into: readonly Values[]) => void
  /** The weight that the run sees for one from a file; bit for bit what the graph computes. */
  readonly seen: (weight: Float32Array) => Float32Array
  /** The weight as a node, float32 in the model's shape, not unpacked before `gate` is there. */
  readonly whole: (gate: Node | null) => Node
  /** Its rows at int32 ids [n], float32; the others are not unpacked. */
  readonly rows: (ids: Node) => Node
}

/** Values of a weight's variables, in their order, for all of it as it is in a file. */
export function packed({ variables, pack }: HeldWeight, values: Float32Array): readonly Values[] {
  const arrays = variables.map(arrayFor)
  pack(values, 0, arrays)
  return arrays
}
