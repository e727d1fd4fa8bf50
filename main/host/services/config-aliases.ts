import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'

type Fields = Readonly<Record<string, unknown>>

/** Names other trainers give to the same field. */
const ALIASES: Readonly<Record<string, keyof RunConfig>> = {
  lora_r: 'r',
  lora_rank: 'r',
  lora_target: 'target_modules',
  lora_target_modules: 'target_modules',
  cutoff_len: 'max_seq_length',
  batch_size: 'per_device_train_batch_size',
  num_epochs: 'num_train_epochs',
  torch_dtype: 'dtype',
  revision: 'model_revision',
  revision_of_model: 'model_revision',
}
/** PEFT's switch is a method here: DoRA or plain LoRA. */
const DORA_SWITCHES = ['use_dora', 'peft_use_dora']
/** Those of transformers, of which two may stand side by side: one on, the other off. */
const QUANTISED: Readonly<Record<string, RunConfig['quantization']>> = { load_in_4bit: 'nf4', load_in_8bit: 'int8' }

function renamed(key: string, value: unknown): [string, unknown] | null {
  if (DORA_SWITCHES.includes(key) && typeof value === 'boolean') return ['method', value ? 'dora' : 'lora']
  const quantised = Object.hasOwn(QUANTISED, key) ? QUANTISED[key] : undefined
  if (quantised !== undefined && typeof value === 'boolean') return value ? ['quantization', quantised] : null
  return [Object.hasOwn(ALIASES, key) ? (ALIASES[key] ?? key) : key, value]
}

/** Fields under the studio's names. A field given twice (once by an alias) with different values is a fault. */
export function resolveAliases(fields: Fields): Record<string, unknown> {
  const result = new Map<string, { key: string; value: unknown }>()
  const clashes: string[] = []
  for (const [key, given] of Object.entries(fields)) {
    const setting = renamed(key, given)
    if (setting === null) continue
    const [name, value] = setting
    const other = result.get(name)
    if (other && JSON.stringify(other.value) !== JSON.stringify(value)) {
      clashes.push(`${other.key} and ${key} are the same setting (${name}) but differ; keep one.`)
    }
    result.set(name, { key, value })
  }
  if (clashes.length > 0) throw fault('bad-config', clashes[0] ?? '', { details: clashes })
  return Object.fromEntries([...result].map(([name, { value }]) => [name, value]))
}
