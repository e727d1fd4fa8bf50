import { join } from 'node:path'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { manyFaults } from './file-fault.ts'
import { isJsonObject, type JsonObject, readJsonObject } from './json-file.ts'

/** The PEFT release whose files these are written after. */
const peftVersion = '0.21.2'

/** Names of an adapter's tensors after the module path; the magnitude has no `.weight`. */
export const ADAPTER_PARTS = ['lora_A.weight', 'lora_B.weight', 'lora_magnitude_vector'] as const
export type AdapterPart = (typeof ADAPTER_PARTS)[number]

/** Key of an adapter tensor in adapter_model.safetensors. */
export const adapterKey = (modulePath: string, part: AdapterPart): string => `base_model.model.${modulePath}.${part}`

type AdapterSettings = Pick<
  RunConfig,
  'method' | 'model_name_or_path' | 'r' | 'lora_alpha' | 'lora_dropout' | 'target_modules' | 'use_rslora'
>

/** Text of adapter_config.json for a LoRA or DoRA adapter, all keys written, sorted as PEFT sorts them. */
export function adapterConfigJson(settings: AdapterSettings): string {
  const config = {
    alpha_pattern: {},
    auto_mapping: null,
    base_model_name_or_path: settings.model_name_or_path,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: settings.lora_alpha,
    lora_bias: false,
    lora_dropout: settings.lora_dropout,
    modules_to_save: null,
    peft_type: 'LORA',
    peft_version: peftVersion,
    r: settings.r,
    rank_pattern: {},
    revision: null,
    target_modules: settings.target_modules,
    task_type: 'CAUSAL_LM',
    use_dora: settings.method === 'dora',
    use_rslora: settings.use_rslora,
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

export type AdapterConfig = {
  readonly base_model_name_or_path: string | null
  readonly r: number
  readonly lora_alpha: number
  readonly target_modules: string | readonly string[]
  readonly use_dora: boolean
  readonly use_rslora: boolean
}

const maxBytes = 4_000_000
const isTexts = (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === 'string')
const isEmpty = (value: unknown) => value === null || (isJsonObject(value) && Object.keys(value).length === 0)
const isWithin = (value: unknown, low: number, high: number) =>
  typeof value === 'number' && value >= low && value <= high

/** What each field must be. Features that the studio does not have are refused, never ignored. */
const fields: Readonly<Record<string, readonly [wanted: string, check: (value: unknown) => boolean]>> = {
  peft_type: ['"LORA"', (v) => v === 'LORA'],
  base_model_name_or_path: ['text or null', (v) => v === null || typeof v === 'string'],
  r: ['a whole number from 1 to 65536', (v) => Number.isInteger(v) && isWithin(v, 1, 65_536)],
  lora_alpha: ['a number above 0', (v) => isWithin(v, Number.MIN_VALUE, 1e9)],
  target_modules: ['a text or a list of texts', (v) => typeof v === 'string' || isTexts(v)],
  use_dora: ['true or false', (v) => typeof v === 'boolean'],
  use_rslora: ['true or false', (v) => typeof v === 'boolean'],
  fan_in_fan_out: ['false', (v) => v === false],
  bias: ['"none"', (v) => v === 'none'],
  lora_bias: ['false', (v) => v === false],
  modules_to_save: ['null', (v) => v === null],
  rank_pattern: ['{}', isEmpty],
  alpha_pattern: ['{}', isEmpty],
}

/** PEFT's own values for keys that a file leaves out. */
const defaults = {
  base_model_name_or_path: null,
  r: 8,
  lora_alpha: 8,
  use_dora: false,
  use_rslora: false,
  fan_in_fan_out: false,
  bias: 'none',
  lora_bias: false,
  modules_to_save: null,
  rank_pattern: {},
  alpha_pattern: {},
}

/** Reads and checks adapter_config.json of a folder; one `bad-file` fault lists every field that is wrong. */
export function readAdapterConfig(folder: string): AdapterConfig {
  const path = join(folder, 'adapter_config.json')
  const values: JsonObject = { ...defaults, ...readJsonObject(path, maxBytes) }
  const complaints = Object.entries(fields).flatMap(([name, [wanted, check]]) =>
    check(values[name]) ? [] : [`"${name}" is ${JSON.stringify(values[name])?.slice(0, 80)}, wanted ${wanted}`],
  )
  if (complaints.length === 0) return values as AdapterConfig
  throw manyFaults(
    'bad-file',
    path,
    complaints,
    'Only LoRA and DoRA adapters of linear layers without biases can be read.',
  )
}
