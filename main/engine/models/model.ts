import type { Node, Shape } from '../ir/graph.ts'

/** A weight of the base model, named as Hugging Face names it. */
export type ParameterSpec = {
  readonly name: string
  readonly shape: Shape
  /** How it starts where the model folder lacks it (a new task's head): normal with deviation 0.02, or zero. */
  readonly fresh?: 'normal' | 'zeros'
}

/**
 * A layer that an adapter can take hold of; weight [out, in] unless `fanInFanOut`, bias [out] or none. An embedding is one,
 * too: a linear layer of one-hot rows, whose weight [in, out] is looked up by id.
 */
export type LinearSpec = {
  /** Module path without `.weight`, such as `model.layers.0.self_attn.q_proj`. */
  readonly module: string
  readonly inFeatures: number
  readonly outFeatures: number
  readonly bias: boolean
  readonly layer: number
  /** The weight is stored as [in, out] (GPT-2's Conv1D, embeddings). */
  readonly fanInFanOut?: boolean
  /** The output head is left out of `all-linear`, as in PEFT. */
  readonly head?: boolean
  readonly embedding?: {
    /** The row that looking up teaches nothing (torch's padding_idx), or null. */ readonly paddingRow: number | null
  }
}

/** Probabilities of dropout by the names of config.json's fields. */
export type Dropouts = Readonly<Record<string, number>>

/** What can be said of a model from its configuration alone. */
export type ModelDescription = {
  readonly modelType: string
  readonly parameters: readonly ParameterSpec[]
  readonly linears: readonly LinearSpec[]
  readonly embeddings: readonly LinearSpec[]
  /** The embedding whose weight is the output head's as well. */
  readonly tied?: string
  readonly vocabSize: number
  readonly maxPositions: number
  /** Longest text whose tokens stand where they stood in a shorter one (RoPE scalings that depend on the length); absent: any. */
  readonly steadyPositions?: number
  readonly layers: number
  /** Heads of keys and values in each layer, and the width of one. */
  readonly keys: { readonly groups: number; readonly size: number }
  /** First part of the names of everything but the head; a folder may lack it, or have it where we do not. */
  readonly basePrefix: string
  /** Columns of the logits: the vocabulary, the labels of a task, or the width of an embedding. */
  readonly outputs: number
  /** Modules of a new task's head that are trained whole beside the adapters (PEFT's modules_to_save). */
  readonly headModules: readonly string[]
  /** What transformers drops at random in training, by the field of config.json that says so: probabilities below 1. */
  readonly dropouts: Dropouts
  /** Whether the graph reads `tokenTypes`. */
  readonly tokenTypes?: boolean
  /** Whether every token sees every other: a sequence is then judged at its first token, else at its last. */
  readonly bidirectional?: true
}

/** Keys and values of a layer: [B, T, groups, size] each, or without the rows of a batch. */
export type KeyValues = { readonly keys: Node; readonly values: Node }

/**
 * Trained keys and values that every row sees in front of its own (prefix tuning, arXiv 2101.00190). They stand at
 * positions 0 to length - 1, so the first token of a row stands at position `length`.
 */
export type Prefix = {
  readonly length: number
  /** Of a layer, [length, groups, size] each; keys as attention sees them, rotated by nobody. */
  readonly of: (layer: number) => KeyValues
}

/** What a model's forward pass is built from: its weights, and its linear layers with whatever adapter is on them. */
export type ModelScope = {
  readonly parameter: (name: string) => Node
  /** x [rows, in] to [rows, out]. */
  readonly linear: (x: Node, module: string) => Node
  /** Rows of the weight [rows, width] of an embedding, by int32 ids [n], with whatever adapter is on it: [n, width]. */
  readonly embedding: (ids: Node, module: string) => Node
  /** x [rows, in] times the transpose of a module's weight [out, in], whatever adapters there are: heads and tied weights. */
  readonly product: (x: Node, module: string) => Node
  /** One layer, from its input to its output; with gradient checkpointing what lies between is computed twice, not kept. */
  readonly layer: (x: Node, build: (x: Node) => Node) => Node
  readonly prefix?: Prefix
  /**
   * x of which the share `rate` is dropped in training, if the run wants the base's dropout; else x itself. `place` is the
   * path of transformers' module; no two places of a model are called alike.
   */
  readonly dropout: (x: Node, place: string, rate: number) => Node
  /** Whether attention whose weights are dropped at `rate` can be one node, of a kernel that the backend has; absent: never. */
  readonly attentionKernel?: (rate: number) => boolean
}

/**
 * A batch as the graph sees it, all int32 [B*T]: token ids, mask (1 real, 0 padding), and where several samples share a
 * row, the position of each token in its own sample; the mask then holds the number of the sample, from 1.
 */
export type BatchNodes = {
  readonly batch: number
  readonly length: number
  readonly inputIds: Node
  readonly attentionMask: Node
  readonly positions?: Node
  /** Which of two sentences a token belongs to (0 or 1); 0 throughout where absent. */
  readonly tokenTypes?: Node
  /** Generation: keys and values of earlier tokens are remembered; `positions` [B*T] says where the new ones stand. */
  readonly cache?: CacheNodes
}

/** Memory of what stands before a batch of one row, a prefix included; slot i holds position i. */
export type CacheNodes = {
  readonly slots: number
  /** Called once a layer, in order: keys and values [1, T, groups, size] to those of all slots [1, slots, groups, size]. */
  readonly extend: (own: KeyValues) => KeyValues
}

/** What a model is asked for. Heads differ by task, and so do the names that transformers gives its weights. */
export type ModelTask =
  | { readonly type: 'CAUSAL_LM' }
  | { readonly type: 'FEATURE_EXTRACTION' }
  | { readonly type: 'SEQ_CLS' | 'TOKEN_CLS'; readonly labels: number }

/** One architecture bound to one configuration. */
export type Model = {
  readonly description: ModelDescription
  /** Final hidden states [B*T, hidden]. */
  readonly hidden: (scope: ModelScope, batch: BatchNodes) => Node
  /** Logits [rows, outputs] of chosen hidden states [rows, hidden]. */
  readonly logits: (scope: ModelScope, rows: Node) => Node
}

/** An architecture: checks a config.json and answers with the model. The file is named after its `model_type`. */
export type ModelFamily = {
  readonly modelType: string
  /** Throws `unsupported-model` or `bad-file` faults that name the field, the value and what is supported. */
  readonly fromConfig: (config: Readonly<Record<string, unknown>>, task: ModelTask) => Model
}
