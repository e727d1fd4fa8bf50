import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterMethod } from '../adapters/adapter.ts'
import { nameMatches } from '../adapters/module-names.ts'
import type { LinearSpec, ModelDescription } from '../models/model.ts'

/**
 * The base weights that are trained, with their names in files: all of them in full fine-tuning; else the modules of a
 * new head, those in modules_to_save, and the biases that `bias` asks for. Names are PEFT's, which wraps the model once
 * more where layers are adapted, and holds an adapted layer's own weights under `base_layer`.
 */
export function trainedBase(
  { parameters, headModules }: ModelDescription,
  targets: readonly LinearSpec[],
  { trainsBase, front }: AdapterMethod,
  { modules_to_save: saved, bias }: RunConfig,
): ReadonlyMap<string, string> {
  if (trainsBase) return new Map(parameters.map(({ name }) => [name, name]))
  const adapted = new Set(targets.map(({ module }) => module))
  const whole = [...headModules, ...(saved ?? [])]
  const trained = new Map<string, string>()
  for (const { name } of parameters) {
    const [module, last] = [moduleOf(name), name.slice(name.lastIndexOf('.') + 1)]
    if (isWithin(module, whole)) trained.set(name, `${front ? 'base_model' : 'base_model.model'}.${name}`)
    else if (last === 'bias' && (bias === 'all' || (bias === 'lora_only' && adapted.has(module))))
      trained.set(name, `base_model.model.${module}.${adapted.has(module) ? 'base_layer.' : ''}bias`)
  }
  return trained
}

const moduleOf = (parameter: string) => parameter.slice(0, Math.max(0, parameter.lastIndexOf('.')))

/** Whether a module, or one around it, has one of the names. */
export const isWithin = (module: string, names: readonly string[]): boolean =>
  module.split('.').some((_, i, parts) => names.some((name) => nameMatches(parts.slice(0, i + 1).join('.'), name)))
