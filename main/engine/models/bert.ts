import { tanh } from '../ops/index.ts'
import { classifierDropout, encoder, encoderConfig } from './encoder.ts'
import type { LinearSpec, ModelFamily, ModelTask } from './model.ts'
import { freshLinear, noHead, notCausal, type TaskHead, tokenHead } from './task-head.ts'

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
  const classifier = tokenHead('classifier', hidden, task.labels, rate, PREFIX)
  if (task.type === 'TOKEN_CLS') return classifier
  const module = `${PREFIX}pooler.dense`
  const pooler: LinearSpec = { module, inFeatures: hidden, outFeatures: hidden, bias: true, layer }
  return {
    ...classifier,
    parameters: [...freshLinear(module, hidden, hidden).parameters, ...classifier.parameters],
    linears: [pooler],
    // The first token's state goes through the pooler that BERT was pre-trained with.
    logits: (scope, rows) => classifier.logits(scope, tanh(scope.linear(rows, module))),
  }
}
