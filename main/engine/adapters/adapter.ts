import type { MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Node, Shape } from '../ir/graph.ts'
import type { LinearSpec, ModelDescription, Prefix } from '../models/model.ts'
import type { Dropout } from './dropout.ts'

/** Trainables of one role share a learning-rate factor and a weight decay. */
export const ROLES = ['A', 'B', 'm', 'embedding', 'vector', 'weight'] as const
export type Role = (typeof ROLES)[number]

/** How a fresh array starts; see `train/fresh-values.ts`. */
export type Init =
  | 'kaiming-uniform'
  | 'gaussian'
  | 'normal'
  | 'zeros'
  | 'row-norms'
  | 'pissa-a'
  | 'pissa-b'
  | 'vera-projection'
  | { readonly constant: number }
  | { readonly uniform: number }

/** An array of one adapted linear layer, stored as [rows, columns]. */
export type AdapterParameter = {
  /** PEFT's key behind the module path, such as `lora_A.weight`. */
  readonly part: string
  readonly role: Role
  readonly rows: number
  readonly columns: number
  /** Shape in PEFT's file. */
  readonly peftShape: Shape
  readonly init: Init
  /** Kept with the adapter but not trained. */
  readonly frozen?: boolean
}

/** A frozen array that all layers of a method share, [rows, columns]; its key in files is `base_model.` and the part. */
export type SharedArray = Omit<AdapterParameter, 'role' | 'peftShape'>

/** One array of all modules, rows stacked in module order; `of` is the slice of one module. */
export type Packed = { readonly node: Node; of(module: string): Node }

/** Row-wise quantities [sum of out, 1] that are kept as state beside the trainables. */
export const DERIVED = ['base_square', 'norm'] as const
export type Derived = (typeof DERIVED)[number]

/** Adapted linear layers that are treated alike, with their weights and state; what a method builds its graph from. */
export type AdapterGroup = {
  readonly linears: readonly LinearSpec[]
  readonly config: RunConfig
  /** The weight [out, in] as a run sees it, and where it has to be unpacked for that, not before `gate` is there. */
  weight(module: string, gate?: Node): Node
  /** The weight before training; differs from `weight` only where the base itself is trained. */
  origin(module: string, gate?: Node): Node
  /** x [rows, in] times the weight's transpose: [rows, out]. */
  product(x: Node, module: string): Node
  /** Rows of an embedding's weight at int32 ids [n]: [n, out]. */
  rows(ids: Node, module: string): Node
  parameter(part: string): PackedParts
  shared(part: string): Node
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
  /** x [rows, in] to [rows, out], without bias. `dropout` is given in training, where the run has any. */
  linear(x: Node, module: string, dropout: Dropout | null): Node
  /** Rows of an adapted embedding at int32 ids [n]: [n, out]; nothing is dropped, as in PEFT. Absent: those of the base. */
  embedding?(ids: Node, module: string): Node
  /** What the layer hands on, from its output with bias [rows, out]. */
  after?(y: Node, module: string, dropout: Dropout | null): Node
  /** The weight [out, in] that a plain linear layer would need to do the same; null where no weight can. */
  readonly merged: ((module: string) => Node) | null
  /** Null where the weights stay as they are. */
  moments(): Moments | null
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
  /** Arrays that all of the layers share. */
  shared?(linears: readonly LinearSpec[], config: RunConfig): readonly SharedArray[]
  bind(group: AdapterGroup): BoundAdapter
  /** The rule for layers of which only the magnitude is trained, where the method has a magnitude. */
  readonly magnitudeOnly?: AdapterMethod
  /** The rule for embeddings, where the method has one. */
  readonly embedding?: AdapterMethod
  /** How a PEFT file says the same; absent where PEFT has no such method. */
  readonly peft?: (config: RunConfig) => PeftForm
  /** For methods that train nothing in the layers but something in front of the text. */
  readonly front?: FrontRule
}

/** What has to be known of a model to put something in front of its text. */
export type FrontModel = Pick<ModelDescription, 'layers' | 'keys'>

/** How arrays of the whole model become keys and values in front of the text; `part` is their name in files. */
export type FrontRule = {
  /** Positions that are taken from the text. */
  length(config: RunConfig): number
  parameters(model: FrontModel, config: RunConfig): readonly AdapterParameter[]
  /** The one array that PEFT's file holds, [length, 2 * layers * groups * size], from those that are trained. */
  readonly folded: {
    readonly part: string
    readonly node: (config: RunConfig, parameter: (part: string) => Node) => Node
  }
  /** Whether the trained array is that of the file. */
  isFolded(config: RunConfig): boolean
  bind(model: FrontModel, folded: Node): Prefix
}

/** A layer's arrays by PEFT part, each with its shape; and the layer's own settings. */
export type PeftArrays = Readonly<Record<string, { readonly data: Float32Array; readonly shape: Shape }>>
export type PeftLayer = { readonly arrays: PeftArrays; readonly r: number; readonly alpha: number }

export type PeftForm = {
  readonly type: 'LORA' | 'VERA'
  readonly useDora: boolean
  /** Whether the shared arrays belong into the file. */
  readonly writesShared: boolean
  /** The layer in PEFT's form, where that is not the studio's own; computed in float32. */
  convert?(layer: PeftLayer, shared: PeftArrays, linear: LinearSpec, config: RunConfig): PeftLayer
}
