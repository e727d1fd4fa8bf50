import { fault } from '../../../shared/domain/error.ts'
import { llama } from './llama.ts'
import type { Model, ModelFamily } from './model.ts'

/** Every architecture that can be trained; the conformance tests loop over it. */
export const MODEL_FAMILIES = [llama] as const satisfies readonly ModelFamily[]

/** The model that a config.json describes. */
export function modelFromConfig(config: Readonly<Record<string, unknown>>): Model {
  const family = MODEL_FAMILIES.find(({ modelType }) => modelType === config.model_type)
  if (family) return family.fromConfig(config)
  const known = MODEL_FAMILIES.map(({ modelType }) => modelType).join(', ')
  throw fault(
    'unsupported-model',
    `config.json: model_type is ${JSON.stringify(config.model_type)}, supported: ${known}.`,
    {
      hint: 'Choose a base model of a supported architecture.',
    },
  )
}
