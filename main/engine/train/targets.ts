import { fault } from '../../../shared/domain/error.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { shown } from '../../../shared/domain/shown.ts'
import type { AdapterMethod } from '../adapters/adapter.ts'
import { ADAPTERS, frontRule } from '../adapters/index.ts'
import { isMagnitudeOnly, isTarget, lastName, nameMatches, pathPattern } from '../adapters/module-names.ts'
import type { LinearSpec, ModelDescription } from '../models/model.ts'
import { isWithin } from './trained-base.ts'

/**
 * The linear layers and embeddings that the run adapts, in model order: those of target_modules and magnitude_only_modules that
 * layers_to_transform includes, none where the method works in front of the text. Names, layers and patterns that match nothing, and settings that the method cannot
 * honour, are faults, all listed in one error.
 */
export function targetLinears(model: ModelDescription, config: RunConfig): LinearSpec[] {
  const front = frontRule(config)
  const chosen = (linear: LinearSpec) => isTarget(linear, config) || isMagnitudeOnly(linear, config)
  const targets = front ? [] : layersOf(model).filter(chosen)
  const complaints = [
    ...unmatchedNames(model, config, front || config.target_modules === 'all-linear' ? [] : config.target_modules),
    ...unmatchedPatterns(targets, config),
    ...outsideLayers(model, config),
    ...withoutEmbeddingRule(targets, config),
    ...unfitSettings(config),
    ...twiceTrained(model, targets, config),
    ...(front ? sharedWithHead(model, config) : []),
  ]
  if (targets.length === 0 && !front && complaints.length === 0) {
    complaints.push(
      `layers_to_transform: no layer of target_modules is in layer ${config.layers_to_transform?.join(', ')}`,
    )
  }
  if (complaints.length === 0) return targets
  const names = (specs: readonly LinearSpec[]) => [...new Set(specs.map(({ module }) => lastName(module)))].join(', ')
  const more = complaints.length > 1 ? ` (${complaints.length} faults in all)` : ''
  throw fault('bad-config', `${complaints[0]}${more}.`, {
    hint: `Its linear layers are called ${names(model.linears)}, in ${model.layers} layers from 0 on; or write all-linear. Its embeddings are called ${names(model.embeddings)}.`,
    details: complaints,
  })
}

function unmatchedNames(model: ModelDescription, config: RunConfig, targets: readonly string[]): string[] {
  const modules = layersOf(model).map(({ module }) => module)
  const weights = model.parameters.map(({ name }) => name)
  const missing = (field: string, names: readonly string[], known: (name: string) => boolean, what: string) =>
    names.filter((name) => !known(name)).map((name) => `${field}: no ${what} of this model is called ${name}`)
  const isLayer = (name: string) => modules.some((module) => nameMatches(module, name))
  return [
    ...missing('target_modules', targets, isLayer, 'linear layer or embedding'),
    ...missing('magnitude_only_modules', config.magnitude_only_modules, isLayer, 'linear layer or embedding'),
    ...missing(
      'modules_to_save',
      config.modules_to_save ?? [],
      (name) => weights.some((weight) => isWithin(weight, [name])),
      'module',
    ),
    ...(config.layers_to_transform ?? [])
      .filter((layer) => layer >= model.layers)
      .map((layer) => `layers_to_transform: there is no layer ${layer}`),
  ]
}

const layersOf = ({ embeddings, linears }: ModelDescription): LinearSpec[] => [...embeddings, ...linears]

/** layers_to_transform would leave them out, though they are named. */
function outsideLayers({ embeddings }: ModelDescription, config: RunConfig): string[] {
  const { target_modules: names, magnitude_only_modules: more, layers_to_transform: layers } = config
  if (layers === null || frontRule(config)) return []
  return embeddings
    .filter(({ module }) => [...(names === 'all-linear' ? [] : names), ...more].some((one) => nameMatches(module, one)))
    .map(({ module }) => `layers_to_transform: ${module} is in no layer, so it would be left out`)
}

function withoutEmbeddingRule(targets: readonly LinearSpec[], config: RunConfig): string[] {
  const { embedding, trainsBase }: AdapterMethod = ADAPTERS[config.method]
  if (embedding || trainsBase) return []
  return targets
    .filter((target) => target.embedding && isTarget(target, config))
    .map(({ module }) => `target_modules: ${METHODS[config.method].label} has no rule for embeddings such as ${module}`)
}

function unmatchedPatterns(targets: readonly LinearSpec[], config: RunConfig): string[] {
  return (['rank_pattern', 'alpha_pattern'] as const).flatMap((field) =>
    Object.keys(config[field]).flatMap((pattern) => {
      const rule = pathPattern(pattern)
      if (!rule) return [`${field}: ${shown(pattern)} is no regular expression`]
      return targets.some(({ module }) => rule.test(module)) ? [] : [`${field}: ${pattern} matches no target layer`]
    }),
  )
}

/** What a method has no use for is refused, never ignored. */
function unfitSettings(config: RunConfig): string[] {
  const { label, fields } = METHODS[config.method]
  const uses = (field: keyof RunConfig) => (fields as readonly string[]).includes(field)
  const set: Readonly<Partial<Record<keyof RunConfig, boolean>>> = {
    magnitude_only_modules: config.magnitude_only_modules.length > 0,
    rank_pattern: Object.keys(config.rank_pattern).length > 0,
    alpha_pattern: Object.keys(config.alpha_pattern).length > 0,
    init_lora_weights: config.init_lora_weights !== true,
    detach_norm: !config.detach_norm,
    lora_dropout: config.lora_dropout > 0,
    modules_to_save: (config.modules_to_save ?? []).length > 0,
    bias: config.bias !== 'none',
    layers_to_transform: config.layers_to_transform !== null && config.method !== 'full',
    prefix_projection: config.prefix_projection,
    adapter_name_or_path: config.adapter_name_or_path !== null,
  }
  const unused = Object.entries(set).filter(([field, given]) => given && !uses(field as keyof RunConfig))
  const complaints = unused.map(([field]) => `${field}: ${label} has no use for it`)
  if (config.adapter_name_or_path !== null && config.init_lora_weights !== true)
    complaints.push('init_lora_weights: the values come from adapter_name_or_path, so it must be true')
  if (config.adapter_name_or_path !== null && config.prefix_projection)
    complaints.push(
      'prefix_projection: the prefix of adapter_name_or_path has no network behind it, so it must be false',
    )
  if (config.method === 'full' && config.quantization !== 'none')
    complaints.push('quantization: full fine-tuning changes the base weights, so they must stay float32')
  return complaints
}

/** PEFT's file of a prefix has no word for an embedding that is the output head as well. */
const sharedWithHead = ({ tied }: ModelDescription, { modules_to_save: saved }: RunConfig): string[] =>
  tied !== undefined && isWithin(tied, saved ?? [])
    ? [`modules_to_save: ${tied} is the output head as well, and a prefix cannot be saved beside it`]
    : []

/** A layer cannot be both adapted and trained whole. */
function twiceTrained(model: ModelDescription, targets: readonly LinearSpec[], config: RunConfig): string[] {
  const whole = [...model.headModules, ...(config.modules_to_save ?? [])]
  return targets
    .filter(({ module }) => config.method !== 'full' && isWithin(module, whole))
    .map(
      ({ module }) => `target_modules: ${module} is already trained whole (modules_to_save, or the head of the task)`,
    )
}
