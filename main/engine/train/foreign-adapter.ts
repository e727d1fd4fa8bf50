import { join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { PROBLEM_TYPES, type RunConfig, runConfigSchema, TASK_TYPES } from '../../../shared/domain/run-config.ts'
import { ADAPTERS } from '../adapters/index.ts'
import { pathPattern } from '../adapters/module-names.ts'
import { manyFaults } from '../formats/file-fault.ts'
import { isJsonObject, type JsonObject } from '../formats/json-file.ts'
import { openModelFolder, readConfig } from '../formats/model-folder.ts'
import { type AdapterConfig, type PrefixConfig, readAdapterConfig } from '../formats/peft-config.ts'
import { openSafetensors, type TensorInfo } from '../formats/safetensors.ts'
import { ENCODERS } from '../models/index.ts'
import type { ModelDescription } from '../models/model.ts'
import { tiedAdapterFaults } from './adapted-tables.ts'
import { openAdapter } from './adapter-import.ts'
import { baseWeights } from './base-weights.ts'
import { layoutState } from './state.ts'
import { targetLinears } from './targets.ts'
import { taskWith } from './task.ts'

type Tensors = ReadonlyMap<string, TensorInfo>

/** An adapter as the settings of a run that could have trained it, and the names of its classes. */
export type ForeignAdapter = { readonly config: RunConfig; readonly labels: readonly string[] }

/**
 * An adapter folder as PEFT writes it, on the base model that it is given. Both are checked against each other before
 * anything is computed: whatever does not fit is listed in one error.
 */
export async function foreignAdapter(base: string, folder: string): Promise<ForeignAdapter> {
  const settings = readAdapterConfig(folder)
  const json = readConfig(base)
  const file = openSafetensors(join(folder, 'adapter_model.safetensors'))
  file.close()
  const labels = labelsOf(file.tensors, json)
  const config = configOf(base, settings, json, file.tensors, labels.length)
  const { description } = (await taskWith(config, json, labels, base)).model
  checkFit(base, folder, settings, description, config)
  return { config, labels }
}

/** Refuses an adapter that does not fit the base, and one that changes what the studio leaves as it is. */
function checkFit(
  base: string,
  folder: string,
  settings: AdapterConfig | PrefixConfig,
  model: ModelDescription,
  config: RunConfig,
): void {
  const tying =
    settings.peft_type === 'PREFIX_TUNING'
      ? []
      : tiedAdapterFaults(settings, [...config.target_modules], model.tied ?? null)
  if (tying.length > 0) throw manyFaults('bad-file', join(folder, 'adapter_config.json'), tying, TYING_HINT)
  const layout = layoutState(model, targetLinears(model, config), ADAPTERS[config.method], config, false)
  const weights = baseWeights(openModelFolder(base), model, config.seed)
  try {
    openAdapter(folder, layout, config, weights.readFloat32).close()
  } finally {
    weights.close()
  }
}

const TYING_HINT = 'Merge it with PEFT, or train it again with ensure_weight_tying false.'

function configOf(
  base: string,
  settings: AdapterConfig | PrefixConfig,
  json: JsonObject,
  tensors: Tensors,
  labels: number,
): RunConfig {
  const task = taskOf(settings, json)
  const common = {
    model_name_or_path: base,
    train_file: 'none',
    task_type: task,
    ...(task === 'SEQ_CLS' && { problem_type: problemOf(json, labels) }),
    trajectory_steps: 0,
  }
  if (settings.peft_type === 'PREFIX_TUNING') {
    const config = runConfigSchema.parse({ ...common, method: 'prefix' })
    const { num_virtual_tokens } = settings
    return { ...config, num_virtual_tokens, modules_to_save: savedModules(settings, task) }
  }
  const modules = adaptedModules(tensors)
  const patterns = <T>(given: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(given).filter(([pattern]) => modules.some((module) => pathPattern(pattern)?.test(module))),
    )
  const config = runConfigSchema.parse({
    ...common,
    method: settings.peft_type === 'VERA' ? 'vera' : settings.use_dora ? 'dora' : 'lora',
    lora_alpha: settings.lora_alpha,
    use_rslora: settings.use_rslora,
    bias: settings.bias === 'vera_only' ? 'lora_only' : settings.bias,
  })
  // What a file names may be more than a person would write into a run's settings.
  return {
    ...config,
    r: settings.r,
    target_modules: modules,
    rank_pattern: patterns(settings.rank_pattern),
    alpha_pattern: patterns(settings.alpha_pattern),
    modules_to_save: savedModules(settings, task),
  }
}

const ADAPTED = /^base_model\.model\.(.+)\.(?:lora_A\.weight|lora_embedding_A|vera_lambda_b)$/

/** Full paths of the layers that the file has arrays for, whatever words target_modules uses for them. */
const adaptedModules = (tensors: Tensors): string[] =>
  [...tensors.keys()].flatMap((name) => ADAPTED.exec(name)?.[1] ?? [])

/** PEFT adds the names that heads may have; the model knows its own. */
function savedModules(
  { modules_to_save: names }: Pick<AdapterConfig, 'modules_to_save'>,
  task: RunConfig['task_type'],
): string[] | null {
  const kept = (names ?? []).filter((name) => task === 'CAUSAL_LM' || !['classifier', 'score'].includes(name))
  return kept.length > 0 ? kept : null
}

function taskOf(
  { task_type: named }: Pick<AdapterConfig, 'task_type'>,
  { model_type: type }: JsonObject,
): RunConfig['task_type'] {
  if (named === null) return ENCODERS.includes(String(type)) ? 'FEATURE_EXTRACTION' : 'CAUSAL_LM'
  const known = TASK_TYPES.find((task) => task === named)
  if (known !== undefined) return known
  throw fault('unsupported-model', `adapter_config.json: task_type ${named} is not supported.`, {
    hint: `Adapters of ${TASK_TYPES.join(', ')} can be used.`,
  })
}

function problemOf({ problem_type: named }: JsonObject, labels: number): RunConfig['problem_type'] {
  const fallback = labels === 1 ? 'regression' : 'single_label_classification'
  return PROBLEM_TYPES.find((problem) => problem === named) ?? fallback
}

const HEAD = /^base_model\.(?:model\.)?(?:score|classifier)(?:\.out_proj)?\.weight$/

/** As many labels as the saved head has rows, with the names of config.json where it has as many. */
function labelsOf(tensors: Tensors, { id2label }: JsonObject): string[] {
  const head = [...tensors].find(([name]) => HEAD.test(name))?.[1]
  const names = isJsonObject(id2label)
    ? Object.entries(id2label)
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([, label]) => String(label))
    : []
  const rows = head?.shape[0] ?? names.length
  return names.length === rows ? names : Array.from({ length: rows }, (_, i) => `LABEL_${i}`)
}
