import {
  BIAS_TRAINING,
  BOTTLENECK_ACTIVATIONS,
  DORA_DROPOUTS,
  QUANTIZATIONS,
} from '../../../../shared/domain/run-config.ts'
import type { Fields } from './field-spec.ts'

/** What is adapted, and how. */
export const METHOD_FIELDS = {
  method: { kind: 'method', label: 'Method', hint: '' },
  r: { kind: 'number', label: 'Rank', hint: 'Width of the low-rank matrices.' },
  lora_alpha: { kind: 'number', label: 'Alpha', hint: 'The update is scaled by alpha / rank.' },
  lora_dropout: {
    kind: 'number',
    label: 'Dropout',
    hint: 'Share of adapter inputs left out at random; 0 is off.',
  },
  dora_dropout: {
    kind: 'choice',
    choices: DORA_DROPOUTS,
    label: 'Where dropout acts',
    hint: 'peft: as PEFT does; fast: before A alone.',
  },
  target_modules: {
    kind: 'modules',
    label: 'Target modules',
    hint: 'all-linear: every linear layer but the head. Or the ends of module names, embeddings among them.',
  },
  magnitude_only_modules: {
    kind: 'names',
    label: 'Magnitude only',
    hint: 'Modules of which m alone is trained, beside the targets.',
  },
  layers_to_transform: {
    kind: 'optional-numbers',
    label: 'Layers',
    hint: 'Numbers of the layers that are adapted; empty: all.',
  },
  layers_pattern: {
    kind: 'optional-names',
    label: 'Layer list',
    hint: 'Name of the list the numbers count in; empty: any.',
  },
  rank_pattern: { kind: 'pairs', label: 'Ranks by module', hint: 'As in q_proj: 8, v_proj: 4.' },
  alpha_pattern: { kind: 'pairs', label: 'Alphas by module', hint: 'As in q_proj: 16.' },
  init_lora_weights: {
    kind: 'choice',
    choices: ['true', 'gaussian', 'pissa'],
    label: 'Start of A and B',
    hint: 'true: uniform A; pissa: the weight’s leading factors.',
  },
  adapter_name_or_path: {
    kind: 'optional-path',
    label: 'Go on from an adapter',
    hint: 'Folder of a PEFT adapter of the same method.',
  },
  use_rslora: { kind: 'switch', label: 'Rank-stabilised scale', hint: 'Scale by alpha / √rank.' },
  loraplus_lr_ratio: { kind: 'number', label: 'LoRA+ ratio', hint: 'Learning rate of B over that of A; 1 is plain.' },
  loraplus_lr_embedding: {
    kind: 'number',
    label: 'LoRA+ embedding rate',
    hint: 'Learning rate of adapted embeddings under LoRA+.',
  },
  magnitude_lr_ratio: {
    kind: 'number',
    label: 'Magnitude rate ratio',
    hint: 'Learning rate of m over that of the rest.',
  },
  magnitude_weight_decay: { kind: 'number', label: 'Magnitude decay', hint: 'Weight decay of m; 0 is best left.' },
  detach_norm: { kind: 'switch', label: 'Detach the norm', hint: 'The paper’s cheaper gradient (section 4.3).' },
  d_initial: { kind: 'number', label: 'Start of λ_d', hint: 'VeRA’s first scaling vector.' },
  projection_prng_key: {
    kind: 'number',
    label: 'Projection seed',
    hint: 'Makes the random projections all layers share.',
  },
  bottleneck_size: { kind: 'number', label: 'Bottleneck', hint: 'Width of the small network.' },
  bottleneck_activation: {
    kind: 'choice',
    choices: BOTTLENECK_ACTIVATIONS,
    label: 'Activation',
    hint: 'Between its two layers.',
  },
  bottleneck_scaling: { kind: 'number', label: 'Scale', hint: 'Factor of its output.' },
  num_virtual_tokens: {
    kind: 'number',
    label: 'Prefix length',
    hint: 'Trained positions in front of the text; they count as tokens of it.',
  },
  prefix_projection: {
    kind: 'switch',
    label: 'Prefix through a network',
    hint: 'Trained through two layers that are folded away on export: steadier, and far more numbers to train.',
  },
  encoder_hidden_size: {
    kind: 'optional-number',
    label: 'Width of that network',
    hint: 'Empty: as wide as the keys of a layer.',
  },
  modules_to_save: {
    kind: 'optional-names',
    label: 'Trained whole',
    hint: 'Modules of the base that are trained beside the adapter.',
  },
  bias: { kind: 'choice', choices: BIAS_TRAINING, label: 'Biases', hint: 'Which biases of the base are trained.' },
  quantization: {
    kind: 'choice',
    choices: QUANTIZATIONS,
    label: 'Quantised base',
    hint: 'Frozen weights held in 8 or 4 bits (QLoRA, QDoRA) and unpacked at each step.',
  },
} as const satisfies Fields
