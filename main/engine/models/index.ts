import { fault } from '../../../shared/domain/error.ts'
import { shown } from '../../../shared/domain/shown.ts'
import { bert } from './bert.ts'
import { gemma3Text } from './gemma3-text.ts'
import { gpt2 } from './gpt2.ts'
import { llama } from './llama.ts'
import { mistral } from './mistral.ts'
import type { Model, ModelFamily, ModelTask } from './model.ts'
import { phi3 } from './phi3.ts'
import { qwen2 } from './qwen2.ts'
import { qwen3 } from './qwen3.ts'
import { roberta } from './roberta.ts'

/** Every architecture that can be trained; the conformance tests loop over it. */
export const MODEL_FAMILIES = [
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma3Text,
  phi3,
  gpt2,
  bert,
  roberta,
] as const satisfies readonly ModelFamily[]

/** Model types that cannot continue a text. */
export const ENCODERS: readonly string[] = [bert, roberta].map(({ modelType }) => modelType)

/** The model that a config.json describes, with the head that the task needs. */
export function modelFromConfig(
  config: Readonly<Record<string, unknown>>,
  task: ModelTask = { type: 'CAUSAL_LM' },
): Model {
  const family = MODEL_FAMILIES.find(({ modelType }) => modelType === config.model_type)
  if (family) return family.fromConfig(config, task)
  const known = MODEL_FAMILIES.map(({ modelType }) => modelType).join(', ')
  throw fault('unsupported-model', `config.json: model_type is ${shown(config.model_type)}, supported: ${known}.`, {
    hint: 'Choose a base model of a supported architecture.',
  })
}
