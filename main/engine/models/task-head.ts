import { fault } from '../../../shared/domain/error.ts'
import type { Node } from '../ir/graph.ts'
import { add } from '../ops/index.ts'
import type { LinearSpec, ModelScope, ModelTask, ParameterSpec } from './model.ts'

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
  readonly logits: (scope: ModelScope, rows: Node) => Node
}

export type HeadedModel = {
  readonly modelType: string
  readonly vocab: number
  readonly hidden: number
  readonly layers: readonly unknown[]
}

/**
 * The head that transformers gives a decoder: lm_head (or the embedding that it is tied to), `score` for sequences, a
 * linear `score` for tokens, or none.
 */
export function headOf(
  { vocab, hidden, layers }: HeadedModel,
  task: ModelTask,
  tied: string | null,
  prefix = 'model.',
): TaskHead {
  switch (task.type) {
    case 'CAUSAL_LM':
      return languageHead(vocab, hidden, layers.length, tied, prefix)
    case 'SEQ_CLS':
      return scoreHead(hidden, task.labels, false, prefix)
    case 'TOKEN_CLS':
      return scoreHead(hidden, task.labels, true, prefix)
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
    logits: (scope, rows) => (tied === null ? scope.linear(rows, 'lm_head') : scope.product(rows, tied)),
  }
}

const scoreHead = (hidden: number, labels: number, bias: boolean, prefix: string): TaskHead => ({
  prefix,
  ...freshLinear('score', hidden, labels, bias),
  linears: [],
  trained: ['score'],
  outputs: labels,
  logits: (scope, rows) => headLinear(scope, rows, 'score', bias),
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
