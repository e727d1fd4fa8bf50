import type { MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Node, Shape } from '../ir/graph.ts'
import type { LinearSpec } from '../models/model.ts'

/** Trainables of one role share a learning-rate factor and a weight decay. */
export const ROLES = ['A', 'B', 'm', 'weight'] as const
export type Role = (typeof ROLES)[number]

/** How a fresh adapter starts: A uniform in (-1/sqrt(in), 1/sqrt(in)), B zero, m the row norms of the weight. */
export type Init = 'kaiming-uniform' | 'zeros' | 'row-norms'

/** A trainable array of one adapted linear layer, stored as [rows, columns]. */
export type AdapterParameter = {
  /** PEFT's key behind the module path, such as `lora_A.weight`. */
  readonly part: string
  readonly role: Role
  readonly rows: number
  readonly columns: number
  /** Shape in PEFT's file. */
  readonly peftShape: Shape
  readonly init: Init
}

/** One array of all modules, rows stacked in module order; `of` is the slice of one module. */
export type Packed = { readonly node: Node; of(module: string): Node }

/** Row-wise quantities [sum of out, 1] that are kept as state beside the trainables. */
export const DERIVED = ['base_square', 'norm'] as const
export type Derived = (typeof DERIVED)[number]

/** The adapted linear layers of a model with their weights and state; what a method builds its graph from. */
export type AdapterGroup = {
  readonly linears: readonly LinearSpec[]
  readonly config: RunConfig
  weight(module: string): Node
  /** The weight before training; differs from `weight` only where the base itself is trained. */
  origin(module: string): Node
  parameter(part: string): PackedParts
  /** |W_j|^2 of every row, and n of every row as of the last refresh; [sum of out, 1]. */
  derived(name: Derived): Packed
  /** Cuts a row-wise array [sum of out, columns] into its modules. */
  byModule(node: Node): Packed
}

/** A parameter's arrays: one packed array a column count, and the slice of each module. */
export type PackedParts = { readonly blocks: readonly Node[]; of(module: string): Node }

/** With V' = W + delta: c = rowsum(W . delta) and d = rowsum(delta . delta), each [sum of out, 1]. */
export type Moments = { readonly c: Node; readonly d: Node }

/** A method bound to a model's layers. */
export type BoundAdapter = {
  /** x [rows, in] to [rows, out], without bias. */
  linear(x: Node, module: string): Node
  /** The weight [out, in] that a plain linear layer would need to do the same. */
  merged(module: string): Node
  moments(): Moments
  /** Trained magnitude [sum of out, 1], or null where the method has none of its own. */
  magnitude(): Node | null
}

/** One adapter method. An addition is one file that exports this, and one line in `adapters/index.ts`. */
export type AdapterMethod = {
  readonly kind: MethodKind
  /** Whether the base weights themselves are trained. */
  readonly trainsBase: boolean
  readonly derived: readonly Derived[]
  parameters(linear: LinearSpec, config: RunConfig): readonly AdapterParameter[]
  bind(group: AdapterGroup): BoundAdapter
}
