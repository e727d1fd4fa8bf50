import type { MethodKind } from './method-kind.ts'
import type { RunConfig } from './run-config.ts'

export { METHOD_KINDS, type MethodKind } from './method-kind.ts'

/** One adapter method as the user sees it. The engine's `adapters/` holds the mathematics under the same key. */
export type MethodInfo = {
  label: string
  summary: string
  /** The config fields that matter to this method; the form shows just these. */
  fields: readonly (keyof RunConfig)[]
  /** Whether a PEFT adapter file can be written for it. */
  adapterExport: boolean
}

const lowRankFields = ['r', 'lora_alpha', 'target_modules', 'use_rslora', 'loraplus_lr_ratio'] as const

/** Every method the studio trains. An addition is one entry here, its kind in method-kind.ts and one file in `main/engine/adapters`. */
export const METHODS = {
  dora: {
    label: 'DoRA',
    summary: 'Trains the magnitude of each weight row directly and its direction through LoRA (arXiv 2402.09353).',
    fields: [...lowRankFields, 'magnitude_lr_ratio', 'magnitude_weight_decay'],
    adapterExport: true,
  },
  lora: {
    label: 'LoRA',
    summary: 'Adds a low-rank product BA to frozen weights.',
    fields: lowRankFields,
    adapterExport: true,
  },
  full: {
    label: 'Full fine-tuning',
    summary: 'Trains every weight of the model; the reference the adapters are measured against.',
    fields: [],
    adapterExport: false,
  },
} as const satisfies Record<MethodKind, MethodInfo>
