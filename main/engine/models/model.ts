import type { Node, Shape } from '../ir/graph.ts'

/** A weight of the base model, named as Hugging Face names it. */
export type ParameterSpec = { readonly name: string; readonly shape: Shape }

/** A linear layer that an adapter can take hold of; weight [out, in], bias [out] or none. */
export type LinearSpec = {
  /** Module path without `.weight`, such as `model.layers.0.self_attn.q_proj`. */
  readonly module: string
  readonly inFeatures: number
  readonly outFeatures: number
  readonly bias: boolean
  readonly layer: number
  /** The output head is left out of `all-linear`, as in PEFT. */
  readonly head?: boolean
}

/** What can be said of a model from its configuration alone. */
export type ModelDescription = {
  readonly modelType: string
  readonly parameters: readonly ParameterSpec[]
  readonly linears: readonly LinearSpec[]
  readonly vocabSize: number
  readonly maxPositions: number
  readonly layers: number
}

/** What a model's forward pass is built from: its weights, and its linear layers with whatever adapter is on them. */
export type ModelScope = {
  readonly parameter: (name: string) => Node
  /** x [rows, in] to [rows, out]. */
  readonly linear: (x: Node, module: string) => Node
}

/** A batch as the graph sees it: inputIds int32 [B*T], attentionMask int32 [B*T] (1 real, 0 padding). */
export type BatchNodes = {
  readonly batch: number
  readonly length: number
  readonly inputIds: Node
  readonly attentionMask: Node
}

/** One architecture bound to one configuration. */
export type Model = {
  readonly description: ModelDescription
  /** Final hidden states [B*T, hidden]. */
  readonly hidden: (scope: ModelScope, batch: BatchNodes) => Node
  /** Logits [rows, vocab] of chosen hidden states [rows, hidden]. */
  readonly logits: (scope: ModelScope, rows: Node) => Node
}

/** An architecture: checks a config.json and answers with the model. The file is named after its `model_type`. */
export type ModelFamily = {
  readonly modelType: string
  /** Throws `unsupported-model` or `bad-file` faults that name the field, the value and what is supported. */
  readonly fromConfig: (config: Readonly<Record<string, unknown>>) => Model
}
