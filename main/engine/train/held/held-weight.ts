import type { Node, Shape, Variable } from '../../ir/graph.ts'

/** A frozen base weight that is held in less than float32, and how it becomes float32 where it is used. */
export type HeldWeight = {
  readonly name: string
  readonly shape: Shape
  readonly kind: 'bfloat16' | 'nf4' | 'int8'
  /** What it is held in, in the order in which values are given. */
  readonly variables: readonly Variable[]
  /** Values of the variables for a weight from a file. */
  readonly pack: (weight: Float32Array) => readonly (Float32Array | Int32Array)[]
  /** The weight that the run sees for one from a file; bit for bit what the graph computes. */
  readonly seen: (weight: Float32Array) => Float32Array
  /** The weight as a node, float32 in the model's shape, not unpacked before `gate` is there. */
  readonly whole: (gate: Node | null) => Node
  /** Its rows at int32 ids [n], float32; the others are not unpacked. */
  readonly rows: (ids: Node) => Node
}
