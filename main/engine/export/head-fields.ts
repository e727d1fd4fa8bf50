import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { RunTask } from '../train/task.ts'

/** transformers' names of a family's classes begin with this. */
const CLASS_PREFIX: Readonly<Record<string, string>> = {
  llama: 'Llama',
  mistral: 'Mistral',
  qwen2: 'Qwen2',
  qwen3: 'Qwen3',
  gemma3_text: 'Gemma3Text',
  phi3: 'Phi3',
  gpt2: 'GPT2',
  bert: 'Bert',
  roberta: 'Roberta',
}

/** The fields of config.json by which transformers finds the class with the trained head, and its classes' names. */
export function headFields(
  { task_type: task, problem_type: problem }: RunConfig,
  { labels, model }: RunTask,
  json: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (task !== 'SEQ_CLS' && task !== 'TOKEN_CLS') return {}
  const names = labels.length > 0 ? labels : ['LABEL_0']
  const prefix = CLASS_PREFIX[model.description.modelType]
  const kind = task === 'SEQ_CLS' ? 'ForSequenceClassification' : 'ForTokenClassification'
  return {
    architectures: prefix ? [`${prefix}${kind}`] : json.architectures,
    id2label: Object.fromEntries(names.map((name, i) => [String(i), name])),
    label2id: Object.fromEntries(names.map((name, i) => [name, i])),
    ...(task === 'SEQ_CLS' && { problem_type: problem }),
  }
}
