import { tanh } from '../ops/index.ts'
import { classifierDropout, encoder, encoderConfig } from './encoder.ts'
import type { ModelFamily, ModelTask } from './model.ts'
import { freshLinear, headLinear, noHead, notCausal, type TaskHead, tokenHead } from './task-head.ts'

const PREFIX = 'roberta.'

/** RoBERTa (arXiv 1907.11692): BERT whose positions count from the padding token's id + 1. */
export const roberta: ModelFamily = {
  modelType: 'roberta',
  fromConfig: (json, task) => {
    const config = encoderConfig(json, 'roberta', 1)
    // 0 is a legal id, which `count` has no word for.
    const padding = json.pad_token_id === 0 ? 0 : config.fields.count('pad_token_id', config.positions - 2, 1)
    const head = robertaHead(config.hidden, task, classifierDropout(config))
    return encoder({ ...config, firstPosition: padding + 1 }, PREFIX, head)
  },
}

function robertaHead(hidden: number, task: ModelTask, rate: number): TaskHead {
  if (task.type === 'CAUSAL_LM') throw notCausal('roberta')
  if (task.type === 'FEATURE_EXTRACTION') return noHead(hidden)
  const classifier = tokenHead('classifier', hidden, task.labels, rate, PREFIX)
  if (task.type === 'TOKEN_CLS') return classifier
  const [dense, output] = ['classifier.dense', 'classifier.out_proj']
  return {
    ...classifier,
    parameters: [
      ...freshLinear(dense, hidden, hidden).parameters,
      ...freshLinear(output, hidden, task.labels).parameters,
    ],
    // transformers has one module for both; each draws for itself.
    logits: (scope, rows) => {
      const inner = tanh(headLinear(scope, scope.dropout(rows, 'classifier.dropout', rate), dense))
      return headLinear(scope, scope.dropout(inner, 'classifier.dropout/inner', rate), output)
    },
  }
}
