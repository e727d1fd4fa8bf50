import type { MethodKind } from './method-kind.ts'
import type { RunConfig } from './run-config.ts'

export { METHOD_KINDS, type MethodKind } from './method-kind.ts'

/** A named set of values for a method's fields. */
export type MethodPreset = { readonly label: string; readonly values: Readonly<Partial<RunConfig>> }

/** One adapter method as the user sees it. The engine's `adapters/` holds the mathematics under the same key. */
export type MethodInfo = {
  label: string
  summary: string
  /** The config fields that matter to this method; the form shows just these. */
  fields: readonly (keyof RunConfig)[]
  /** Whether `target_modules` may name embeddings. */
  embeddings: boolean
  /** Whether a PEFT adapter file can be written for it. */
  adapterExport: boolean
  /** Whether it can be merged into the weights, so that the model runs without an adapter. */
  mergeable: boolean
  /** Why not, to follow the method's name. */
  notMergeable?: string
  presets: readonly MethodPreset[]
}

const whereFields = [
  'target_modules',
  'layers_to_transform',
  'layers_pattern',
  'modules_to_save',
  'bias',
  'quantization',
] as const
const lowRankFields = [
  'r',
  'lora_alpha',
  'lora_dropout',
  ...whereFields,
  'rank_pattern',
  'alpha_pattern',
  'use_rslora',
  'init_lora_weights',
  'loraplus_lr_ratio',
  'loraplus_lr_embedding',
  'adapter_name_or_path',
] as const
const magnitudeFields = [
  'magnitude_only_modules',
  'magnitude_lr_ratio',
  'magnitude_weight_decay',
  'detach_norm',
  'dora_dropout',
] as const
const veraFields = ['r', 'lora_dropout', ...whereFields, 'd_initial', 'projection_prng_key'] as const
const bottleneckFields = [
  'bottleneck_size',
  'bottleneck_activation',
  'bottleneck_scaling',
  'lora_dropout',
  ...whereFields,
] as const

/** Every method the studio trains. An addition is one entry here, its kind in method-kind.ts and one file in `main/engine/adapters`. */
export const METHODS = {
  dora: {
    label: 'DoRA',
    summary: 'Trains the magnitude of each weight row directly and its direction through LoRA (arXiv 2402.09353).',
    fields: [...lowRankFields, ...magnitudeFields],
    embeddings: true,
    adapterExport: true,
    mergeable: true,
    presets: [
      { label: 'DoRA at half rank', values: { r: 8, lora_alpha: 16 } },
      {
        label: 'Direction on QKV, magnitude everywhere',
        values: {
          target_modules: ['q_proj', 'k_proj', 'v_proj'],
          magnitude_only_modules: ['o_proj', 'gate_proj', 'up_proj', 'down_proj'],
        },
      },
    ],
  },
  lora: {
    label: 'LoRA',
    summary: 'Adds a low-rank product BA to frozen weights.',
    fields: lowRankFields,
    embeddings: true,
    adapterExport: true,
    mergeable: true,
    presets: [
      { label: 'rsLoRA', values: { use_rslora: true } },
      { label: 'LoRA+', values: { loraplus_lr_ratio: 16 } },
      { label: 'PiSSA', values: { init_lora_weights: 'pissa' } },
    ],
  },
  dvora: {
    label: 'DVoRA',
    summary: 'DoRA whose direction is changed by VeRA: two vectors a layer around shared random projections.',
    fields: [...veraFields, ...magnitudeFields],
    embeddings: false,
    adapterExport: true,
    mergeable: true,
    presets: [{ label: 'Rank 256', values: { r: 256 } }],
  },
  vera: {
    label: 'VeRA',
    summary: 'Trains two vectors a layer around random projections that all layers share (arXiv 2310.11454).',
    fields: [...veraFields, 'adapter_name_or_path'],
    embeddings: false,
    adapterExport: true,
    mergeable: true,
    presets: [{ label: 'Rank 256', values: { r: 256 } }],
  },
  series: {
    label: 'Series adapter',
    summary: 'A small network after each chosen layer, added to its output (arXiv 1902.00751).',
    fields: bottleneckFields,
    embeddings: false,
    adapterExport: false,
    mergeable: false,
    notMergeable: "what it adds is no linear function of a layer's input",
    presets: [],
  },
  parallel: {
    label: 'Parallel adapter',
    summary: 'A small network beside each chosen layer, added to its output (arXiv 2110.04366).',
    fields: bottleneckFields,
    embeddings: false,
    adapterExport: false,
    mergeable: false,
    notMergeable: "what it adds is no linear function of a layer's input",
    presets: [],
  },
  prefix: {
    label: 'Prefix tuning',
    summary:
      'Trains keys and values in front of the text in every attention layer; wants a higher learning rate (arXiv 2101.00190).',
    fields: [
      'num_virtual_tokens',
      'prefix_projection',
      'encoder_hidden_size',
      'modules_to_save',
      'quantization',
      'adapter_name_or_path',
    ],
    embeddings: false,
    adapterExport: true,
    mergeable: false,
    notMergeable: 'what it trains stands beside the text, and no weight can hold it',
    presets: [
      { label: 'At a rate of 0.03', values: { prefix_projection: false, learning_rate: 0.03 } },
      { label: 'Through a network, at 0.002', values: { prefix_projection: true, learning_rate: 0.002 } },
    ],
  },
  full: {
    label: 'Full fine-tuning',
    summary: 'Trains every weight of the model; the reference the adapters are measured against.',
    fields: [],
    embeddings: false,
    adapterExport: false,
    mergeable: true,
    presets: [],
  },
} as const satisfies Record<MethodKind, MethodInfo>
