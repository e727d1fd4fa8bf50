import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { LinearSpec } from '../models/model.ts'

/** PEFT's rule for a module's name: the whole path, or its end from a dot on. */
export const nameMatches = (module: string, name: string): boolean => module === name || module.endsWith(`.${name}`)

export const lastName = (module: string): string => module.slice(module.lastIndexOf('.') + 1)

/** A pattern of rank_pattern or alpha_pattern, or null where it is no regular expression. */
export function pathPattern(pattern: string): RegExp | null {
  try {
    return new RegExp(`^(?:.*\\.)?(?:${pattern})$`)
  } catch {
    return null
  }
}

/** The value of the first pattern that matches the module's path to its end (PEFT's get_pattern_key). */
export function patternValue<T>(patterns: Readonly<Record<string, T>>, module: string, otherwise: T): T {
  const found = Object.entries(patterns).find(([pattern]) => pathPattern(pattern)?.test(module))
  return found ? found[1] : otherwise
}

/**
 * The number of the layer a module is in, by PEFT's rule: the first number behind the name of a list, which
 * layers_pattern may restrict. Null for modules outside of layers.
 */
export function layerNumber(module: string, lists: RunConfig['layers_pattern']): number | null {
  const rules = lists ? lists.map((list) => `(?:^|.*?\\.)(?:${list})`) : ['.*?\\.[^.]*']
  for (const rule of rules) {
    const match = new RegExp(`^${rule}\\.(\\d+)\\.`).exec(module)
    if (match) return Number(match[1])
  }
  return null
}

/**
 * Whether target_modules names the layer, and layers_to_transform includes it; `all-linear` leaves out embeddings and what
 * is trained whole.
 */
export function isTarget({ module, head, embedding }: LinearSpec, config: RunConfig): boolean {
  const { target_modules: names, modules_to_save: whole } = config
  const among = (list: readonly string[]) => list.some((name) => nameMatches(module, name))
  const named = names === 'all-linear' ? !head && !embedding && !among(whole ?? []) : among(names)
  return named && inLayers(module, config)
}

/** Whether only the layer's magnitude is trained. */
export const isMagnitudeOnly = (linear: LinearSpec, config: RunConfig): boolean =>
  !isTarget(linear, config) &&
  config.magnitude_only_modules.some((name) => nameMatches(linear.module, name)) &&
  inLayers(linear.module, config)

function inLayers(module: string, { layers_to_transform: layers, layers_pattern: lists }: RunConfig): boolean {
  if (layers === null) return true
  const number = layerNumber(module, lists)
  return number !== null && layers.includes(number)
}
