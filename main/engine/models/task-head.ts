import { fault } from '../../../shared/domain/error.ts'
import type { Node } from '../ir/graph.ts'
import { add } from '../ops/index.ts'
import type { ConfigFields } from './config-fields.ts'
import type { Dropouts, LinearSpec, ModelScope, ModelTask, ParameterSpec } from './model.ts'

/** What a task puts on top of a model's hidden states. */
export type TaskHead = {
  /** Prefix of the base model's weights: models without a head have none. */
  readonly prefix: string
  readonly parameters: readonly ParameterSpec[]
  readonly linears: readonly LinearSpec[]
  readonly trained: readonly string[]
  /** The embedding whose weight the head shares. */
  readonly tied?: string
  readonly outputs: number
  /** What the head drops in training, as {@link ModelDescription.dropouts} names it. */
  readonly dropouts: Dropouts
  readonly logits: (scope: ModelScope, rows: Node) => Node
}

export type HeadedModel = {
  readonly modelType: string
  readonly vocab: number
  readonly hidden: number
  readonly layers: readonly unknown[]
  /** Share of what goes into a classifier of tokens that is dropped in training. */
  readonly tokenDropout: number
}

/** What transformers reads that share from, and what it takes where config.json has neither. */
export const tokenDropout = (fields: ConfigFields): number =>
  fields.rate('classifier_dropout', fields.rate('hidden_dropout', 0.1))

/**
 * The head that transformers gives a decoder: lm_head (or the embedding that it is tied to), `score` for sequences, a
 * linear `score` for tokens, or none.
 */
export function headOf(
  { vocab, hidden, layers, tokenDropout: rate }: HeadedModel,
  task: ModelTask,
  tied: string | null,
  prefix = 'model.',
): TaskHead {
  switch (task.type) {
    case 'CAUSAL_LM':
      return languageHead(vocab, hidden, layers.length, tied, prefix)
    case 'SEQ_CLS':
      return scoreHead(hidden, task.labels, prefix)
    case 'TOKEN_CLS':
      return tokenHead('score', hidden, task.labels, rate, prefix)
    case 'FEATURE_EXTRACTION':
      return noHead(hidden)
  }
}

/** Hidden states as they are. */
export const noHead = (hidden: number): TaskHead => ({
  prefix: '',
  parameters: [],
  linears: [],
  trained: [],
  outputs: hidden,
  dropouts: {},
  logits: (_, rows) => rows,
})

function languageHead(vocab: number, hidden: number, layer: number, tied: string | null, prefix: string): TaskHead {
  const head = { module: 'lm_head', inFeatures: hidden, outFeatures: vocab, bias: false, layer, head: true }
  return {
    prefix,
    parameters: tied === null ? [{ name: 'lm_head.weight', shape: [vocab, hidden] }] : [],
    linears: tied === null ? [head] : [],
    trained: [],
    ...(tied !== null && { tied }),
    outputs: vocab,
    dropouts: {},
    logits: (scope, rows) => (tied === null ? scope.linear(rows, 'lm_head') : scope.product(rows, tied)),
  }
}

const scoreHead = (hidden: number, labels: number, prefix: string): TaskHead => ({
  prefix,
  ...freshLinear('score', hidden, labels, false),
  linears: [],
  trained: ['score'],
  outputs: labels,
  dropouts: {},
  logits: (scope, rows) => headLinear(scope, rows, 'score', false),
})

/** A linear layer that names the class of each token. */
export const tokenHead = (module: string, hidden: number, labels: number, rate: number, prefix: string): TaskHead => ({
  prefix,
  ...freshLinear(module, hidden, labels),
  linears: [],
  trained: [module],
  outputs: labels,
  dropouts: { classifier_dropout: rate },
  logits: (scope, rows) => headLinear(scope, scope.dropout(rows, 'dropout', rate), module),
})

/** Parameters of a linear layer that may have to start anew. */
export function freshLinear(module: string, inFeatures: number, outFeatures: number, bias = true) {
  const weight: ParameterSpec = { name: `${module}.weight`, shape: [outFeatures, inFeatures], fresh: 'normal' }
  const offset: ParameterSpec = { name: `${module}.bias`, shape: [outFeatures], fresh: 'zeros' }
  return { parameters: bias ? [weight, offset] : [weight] }
}

/** A linear layer of a head, which no adapter takes hold of. */
export function headLinear(scope: ModelScope, rows: Node, module: string, bias = true): Node {
  const y = scope.product(rows, module)
  return bias ? add(y, scope.parameter(`${module}.bias`)) : y
}

/** Encoders see what comes next, so they cannot be trained to predict it. */
export const notCausal = (modelType: string) =>
  fault('unsupported-model', `${modelType} is an encoder: it cannot be trained as a causal language model.`, {
    hint: 'Set task_type to SEQ_CLS, TOKEN_CLS or FEATURE_EXTRACTION, or choose a decoder such as llama.',
  })
