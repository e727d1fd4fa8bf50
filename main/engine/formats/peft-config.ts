import { join } from 'node:path'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { shown } from '../../../shared/domain/shown.ts'
import { manyFaults } from './file-fault.ts'
import { isJsonObject, type JsonObject, readJsonObject } from './json-file.ts'

/** The PEFT release whose files these are written after. */
const peftVersion = '0.21.2'

/** What adapter_config.json says beyond the run's own configuration. */
export type PeftSettings = {
  readonly config: Pick<
    RunConfig,
    'model_name_or_path' | 'lora_dropout' | 'use_rslora' | 'bias' | 'd_initial' | 'projection_prng_key'
  >
  readonly form: { readonly type: PeftType; readonly useDora: boolean }
  /** PEFT's task, which decides the class that wraps the model. */
  readonly taskType: string
  readonly r: number
  readonly alpha: number
  readonly rankPattern: Readonly<Record<string, number>>
  readonly alphaPattern: Readonly<Record<string, number>>
  /** Last parts of module names, or full paths where only some layers of a name are adapted. */
  readonly targets: readonly string[]
  readonly fanInFanOut: boolean
  readonly savedModules: readonly string[] | null
  /** Whether the output head shares a saved module's weight. */
  readonly tied: boolean
}
export type PeftType = 'LORA' | 'VERA'

/** Text of adapter_config.json, all keys written, sorted as PEFT sorts them. */
export function adapterConfigJson(settings: PeftSettings): string {
  const { config, taskType, targets, savedModules, fanInFanOut } = settings
  const common = {
    auto_mapping: null,
    base_model_name_or_path: config.model_name_or_path,
    bias: settings.form.type === 'VERA' && config.bias === 'lora_only' ? 'vera_only' : config.bias,
    fan_in_fan_out: fanInFanOut,
    inference_mode: true,
    layers_pattern: null,
    layers_to_transform: null,
    modules_to_save: savedModules,
    peft_type: settings.form.type,
    peft_version: peftVersion,
    r: settings.r,
    revision: null,
    target_modules: targets,
    task_type: taskType,
  }
  const own = settings.form.type === 'VERA' ? veraFields(settings) : loraFields(settings)
  return sortedJson({ ...common, ...own })
}

function sortedJson(values: JsonObject): string {
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`
}

/** What adapter_config.json says of a prefix. */
export type PrefixSettings = {
  readonly config: Pick<RunConfig, 'model_name_or_path' | 'task_type' | 'num_virtual_tokens' | 'encoder_hidden_size'>
  readonly layers: number
  readonly keys: { readonly groups: number; readonly size: number }
  readonly savedModules: readonly string[] | null
}

/**
 * Text of adapter_config.json of a prefix. The file holds the prefix itself, whatever network it was trained through, so
 * `prefix_projection` is false there.
 */
export function prefixConfigJson({ config, layers, keys, savedModules }: PrefixSettings): string {
  const width = keys.groups * keys.size
  return sortedJson({
    auto_mapping: null,
    base_model_name_or_path: config.model_name_or_path,
    encoder_hidden_size: config.encoder_hidden_size ?? width,
    inference_mode: true,
    init_weights: null,
    modules_to_save: savedModules,
    num_attention_heads: keys.groups,
    num_layers: layers,
    num_transformer_submodules: 1,
    num_virtual_tokens: config.num_virtual_tokens,
    peft_type: 'PREFIX_TUNING',
    peft_version: peftVersion,
    prefix_projection: false,
    revision: null,
    task_type: config.task_type,
    token_dim: width,
  })
}

const loraFields = ({ config, form, alpha, rankPattern, alphaPattern, tied }: PeftSettings) => ({
  alpha_pattern: alphaPattern,
  ensure_weight_tying: tied,
  init_lora_weights: true,
  lora_alpha: alpha,
  lora_bias: false,
  lora_dropout: config.lora_dropout,
  rank_pattern: rankPattern,
  use_dora: form.useDora,
  use_rslora: config.use_rslora,
})

const veraFields = ({ config }: PeftSettings) => ({
  d_initial: config.d_initial,
  init_weights: true,
  projection_prng_key: config.projection_prng_key,
  save_projection: true,
  vera_dropout: config.lora_dropout,
})

/** A prefix as another program describes it. */
export type PrefixConfig = {
  readonly peft_type: 'PREFIX_TUNING'
  readonly base_model_name_or_path: string | null
  readonly num_virtual_tokens: number
  readonly task_type: string | null
  readonly modules_to_save: readonly string[] | null
}

/** An adapter of layers as another program describes it. */
export type AdapterConfig = {
  readonly peft_type: PeftType
  readonly base_model_name_or_path: string | null
  readonly r: number
  readonly lora_alpha: number
  readonly target_modules: string | readonly string[]
  readonly use_dora: boolean
  readonly use_rslora: boolean
  readonly rank_pattern: Readonly<Record<string, number>>
  readonly alpha_pattern: Readonly<Record<string, number>>
  readonly bias: RunConfig['bias'] | 'vera_only'
  readonly task_type: string | null
  readonly modules_to_save: readonly string[] | null
  readonly ensure_weight_tying: boolean
}

const maxBytes = 4_000_000
const isTexts = (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === 'string')
const isWithin = (value: unknown, low: number, high: number) =>
  typeof value === 'number' && value >= low && value <= high
const isRank = (value: unknown) => Number.isInteger(value) && isWithin(value, 1, 65_536)
const isAlpha = (value: unknown) => isWithin(value, Number.MIN_VALUE, 1e9)
const isPattern = (check: (value: unknown) => boolean) => (value: unknown) =>
  value === null || (isJsonObject(value) && Object.values(value).every(check))
const isFlag = (value: unknown) => typeof value === 'boolean'

type Fields = Readonly<Record<string, readonly [wanted: string, check: (value: unknown) => boolean]>>

/** Starts that only set the first values; the others also change the base weights, which a file cannot say. */
const plainStarts: readonly unknown[] = [true, false, 'gaussian', 'eva', 'orthogonal']

/** What each field of a prefix's configuration must be. */
const prefixFields: Fields = {
  base_model_name_or_path: ['text or null', (v) => v === null || typeof v === 'string'],
  num_virtual_tokens: ['a whole number from 1 to 65536', isRank],
  num_transformer_submodules: ['1 or null', (v) => v === null || v === 1],
  task_type: ['text or null', (v) => v === null || typeof v === 'string'],
  modules_to_save: ['null or a list of texts', (v) => v === null || isTexts(v)],
}

/** What each field must be. Features that the studio does not have are refused, never ignored. */
const fields: Fields = {
  peft_type: ['"LORA", "VERA" or "PREFIX_TUNING"', (v) => v === 'LORA' || v === 'VERA'],
  base_model_name_or_path: ['text or null', (v) => v === null || typeof v === 'string'],
  r: ['a whole number from 1 to 65536', isRank],
  lora_alpha: ['a number above 0', isAlpha],
  target_modules: ['a text or a list of texts', (v) => typeof v === 'string' || isTexts(v)],
  use_dora: ['true or false', isFlag],
  use_rslora: ['true or false', isFlag],
  fan_in_fan_out: ['true or false', isFlag],
  bias: [
    '"none", "all", "lora_only" or "vera_only"',
    (v) => ['none', 'all', 'lora_only', 'vera_only'].includes(v as string),
  ],
  lora_bias: ['false', (v) => v === false],
  task_type: ['text or null', (v) => v === null || typeof v === 'string'],
  modules_to_save: ['null or a list of texts', (v) => v === null || isTexts(v)],
  ensure_weight_tying: ['true or false', isFlag],
  rank_pattern: ['an object of whole numbers above 0', isPattern(isRank)],
  alpha_pattern: ['an object of numbers above 0', isPattern(isAlpha)],
  init_lora_weights: ['a start that leaves the base weights as they are', (v) => plainStarts.includes(v)],
  trainable_token_indices: ['null', (v) => v === null],
  target_parameters: ['null', (v) => v === null],
  layer_replication: ['null', (v) => v === null],
}

/** PEFT's own values for keys that a file leaves out. */
const prefixDefaults = {
  base_model_name_or_path: null,
  num_transformer_submodules: null,
  task_type: null,
  modules_to_save: null,
}
const defaults = {
  base_model_name_or_path: null,
  r: 8,
  lora_alpha: 8,
  use_dora: false,
  use_rslora: false,
  fan_in_fan_out: false,
  bias: 'none',
  lora_bias: false,
  task_type: null,
  modules_to_save: null,
  ensure_weight_tying: false,
  rank_pattern: {},
  alpha_pattern: {},
  init_lora_weights: true,
  trainable_token_indices: null,
  target_parameters: null,
  layer_replication: null,
}

/** Reads and checks adapter_config.json of a folder; one `bad-file` fault lists every field that is wrong. */
export function readAdapterConfig(folder: string): AdapterConfig | PrefixConfig {
  const path = join(folder, 'adapter_config.json')
  const found = readJsonObject(path, maxBytes)
  if (found.peft_type === 'PREFIX_TUNING') {
    const values: JsonObject = { ...prefixDefaults, ...found }
    refuse(path, values, prefixFields)
    return values as PrefixConfig
  }
  const values: JsonObject = { ...defaults, ...(found.peft_type === 'VERA' && { r: 256 }), ...found }
  refuse(path, values, fields)
  return {
    ...values,
    rank_pattern: values.rank_pattern ?? {},
    alpha_pattern: values.alpha_pattern ?? {},
  } as AdapterConfig
}

function refuse(path: string, values: JsonObject, wanted: Fields): void {
  const complaints = Object.entries(wanted).flatMap(([name, [form, check]]) =>
    check(values[name]) ? [] : [`"${name}" is ${shown(values[name])}, wanted ${form}`],
  )
  if (complaints.length === 0) return
  throw manyFaults(
    'bad-file',
    path,
    complaints,
    'LoRA, DoRA and VeRA adapters of linear layers, LoRA and DoRA adapters of embeddings, and prefixes can be read; a PiSSA adapter after it was converted to plain LoRA.',
  )
}
