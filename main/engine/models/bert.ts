import { tanh } from '../ops/index.ts'
import { classifierDropout, encoder, encoderConfig } from './encoder.ts'
import type { LinearSpec, ModelFamily, ModelTask } from './model.ts'
import { freshLinear, headLinear, noHead, notCausal, type TaskHead } from './task-head.ts'

const PREFIX = 'bert.'

/** BERT (arXiv 1810.04805). */
export const bert: ModelFamily = {
  modelType: 'bert',
  fromConfig: (json, task) => {
    const config = encoderConfig(json, 'bert', 0)
    const head = bertHead(config.hidden, config.layers.length, task, classifierDropout(config))
    return encoder({ ...config, firstPosition: 0 }, PREFIX, head)
  },
}

function bertHead(hidden: number, layer: number, task: ModelTask, rate: number): TaskHead {
  if (task.type === 'CAUSAL_LM') throw notCausal('bert')
  if (task.type === 'FEATURE_EXTRACTION') return noHead(hidden)
  const { parameters } = freshLinear('classifier', hidden, task.labels)
  const common = {
    prefix: PREFIX,
    linears: [],
    trained: ['classifier'],
    outputs: task.labels,
    dropouts: { classifier_dropout: rate },
  }
  const classified: TaskHead['logits'] = (scope, rows) =>
    headLinear(scope, scope.dropout(rows, 'dropout', rate), 'classifier')
  if (task.type === 'TOKEN_CLS') return { ...common, parameters, logits: classified }
  const module = `${PREFIX}pooler.dense`
  const pooler: LinearSpec = { module, inFeatures: hidden, outFeatures: hidden, bias: true, layer }
  return {
    ...common,
    parameters: [...freshLinear(module, hidden, hidden).parameters, ...parameters],
    linears: [pooler],
    // The first token's state goes through the pooler that BERT was pre-trained with.
    logits: (scope, rows) => classified(scope, tanh(scope.linear(rows, module))),
  }
}
