import { tanh } from '../ops/index.ts'
import { encoder, encoderConfig } from './encoder.ts'
import type { ModelFamily, ModelTask } from './model.ts'
import { freshLinear, headLinear, noHead, notCausal, type TaskHead } from './task-head.ts'

const PREFIX = 'roberta.'

/** RoBERTa (arXiv 1907.11692): BERT whose positions count from the padding token's id + 1. */
export const roberta: ModelFamily = {
  modelType: 'roberta',
  fromConfig: (json, task) => {
    const { fields, ...config } = encoderConfig(json, 'roberta', 1)
    // 0 is a legal id, which `count` has no word for.
    const padding = json.pad_token_id === 0 ? 0 : fields.count('pad_token_id', config.positions - 2, 1)
    return encoder({ ...config, firstPosition: padding + 1 }, PREFIX, robertaHead(config.hidden, task))
  },
}

function robertaHead(hidden: number, task: ModelTask): TaskHead {
  if (task.type === 'CAUSAL_LM') throw notCausal('roberta')
  if (task.type === 'FEATURE_EXTRACTION') return noHead(hidden)
  const common = { prefix: PREFIX, linears: [], trained: ['classifier'], outputs: task.labels }
  if (task.type === 'TOKEN_CLS') {
    const { parameters } = freshLinear('classifier', hidden, task.labels)
    return { ...common, parameters, logits: (scope, rows) => headLinear(scope, rows, 'classifier') }
  }
  const [dense, output] = ['classifier.dense', 'classifier.out_proj']
  return {
    ...common,
    parameters: [
      ...freshLinear(dense, hidden, hidden).parameters,
      ...freshLinear(output, hidden, task.labels).parameters,
    ],
    logits: (scope, rows) => headLinear(scope, tanh(headLinear(scope, rows, dense)), output),
  }
}
