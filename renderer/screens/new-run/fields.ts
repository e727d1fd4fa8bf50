import { METHODS } from '../../../shared/domain/method.ts'
import {
  BACKENDS,
  BASE_DTYPES,
  BIAS_TRAINING,
  BOTTLENECK_ACTIVATIONS,
  DORA_DROPOUTS,
  LR_SCHEDULES,
  PROBLEM_TYPES,
  QUANTIZATIONS,
  type RunConfig,
  TASK_TYPES,
} from '../../../shared/domain/run-config.ts'

export type FieldName = keyof RunConfig
export const SECTIONS = ['source', 'training', 'prompt', 'optimiser', 'schedule', 'logging', 'engine'] as const
export type SectionName = (typeof SECTIONS)[number]

/** How a field is asked for. `path` may be empty where the configuration allows null. */
export type FieldKind =
  | { readonly kind: 'text' | 'path' | 'optional-path' | 'number' | 'switch' | 'modules' | 'template' | 'method' }
  /** `optional-*`: empty is null. `pairs`: names and values, as `q_proj: 8, v_proj: 4`. */
  | { readonly kind: 'names' | 'optional-names' | 'optional-number' | 'optional-numbers' | 'pairs' | 'columns' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }

export type FieldSpec = FieldKind & {
  readonly label: string
  readonly hint: string
  readonly section: SectionName | 'method'
}

/** One entry a setting; a forgotten one does not compile. */
export const FIELDS = {
  run_name: { kind: 'text', label: 'Name of the run', hint: 'How it is listed in the history.', section: 'source' },
  model_name_or_path: {
    kind: 'path',
    label: 'Base model',
    hint: 'Folder with config.json, tokenizer.json and safetensors.',
    section: 'source',
  },
  train_file: {
    kind: 'path',
    label: 'Training data',
    hint: 'JSON Lines, JSON, CSV or Parquet with instruction and output, conversations, or text.',
    section: 'source',
  },
  validation_file: {
    kind: 'optional-path',
    label: 'Validation data',
    hint: 'Measured while training; not trained on.',
    section: 'source',
  },
  test_file: { kind: 'optional-path', label: 'Test data', hint: 'Measured once, at the end.', section: 'source' },

  columns: {
    kind: 'columns',
    label: 'Columns',
    hint: 'Which column of the file is what, where it has another name.',
    section: 'source',
  },

  learning_rate: {
    kind: 'number',
    label: 'Learning rate',
    hint: 'Highest rate of the schedule. 2e-4 is usual for adapters.',
    section: 'training',
  },
  num_train_epochs: {
    kind: 'number',
    label: 'Epochs',
    hint: 'Times the training data is gone through.',
    section: 'training',
  },
  per_device_train_batch_size: {
    kind: 'number',
    label: 'Batch size',
    hint: 'Samples in one forward pass.',
    section: 'training',
  },
  gradient_accumulation_steps: {
    kind: 'number',
    label: 'Accumulation',
    hint: 'Batches added up before each optimizer step.',
    section: 'training',
  },
  gradient_checkpointing: {
    kind: 'switch',
    label: 'Gradient checkpointing',
    hint: 'Keeps only what enters each layer and computes the rest again in the backward pass: less memory, slower steps.',
    section: 'training',
  },
  lr_scheduler_type: {
    kind: 'choice',
    choices: LR_SCHEDULES,
    label: 'Schedule',
    hint: 'How the learning rate falls.',
    section: 'training',
  },
  max_seq_length: {
    kind: 'number',
    label: 'Longest sample',
    hint: 'Tokens; longer samples are cut.',
    section: 'training',
  },

  method: { kind: 'method', label: 'Method', hint: '', section: 'method' },
  r: { kind: 'number', label: 'Rank', hint: 'Width of the low-rank matrices.', section: 'method' },
  lora_alpha: { kind: 'number', label: 'Alpha', hint: 'The update is scaled by alpha / rank.', section: 'method' },
  lora_dropout: {
    kind: 'number',
    label: 'Dropout',
    hint: 'Share of adapter inputs left out at random; 0 is off. Dropout that config.json asks for is off.',
    section: 'method',
  },
  dora_dropout: {
    kind: 'choice',
    choices: DORA_DROPOUTS,
    label: 'Where dropout acts',
    hint: 'peft: as PEFT does; fast: before A alone.',
    section: 'method',
  },
  target_modules: {
    kind: 'modules',
    label: 'Target modules',
    hint: 'all-linear: every linear layer but the head. Or the ends of module names.',
    section: 'method',
  },
  magnitude_only_modules: {
    kind: 'names',
    label: 'Magnitude only',
    hint: 'Modules of which m alone is trained, beside the targets.',
    section: 'method',
  },
  layers_to_transform: {
    kind: 'optional-numbers',
    label: 'Layers',
    hint: 'Numbers of the layers that are adapted; empty: all.',
    section: 'method',
  },
  layers_pattern: {
    kind: 'optional-names',
    label: 'Layer list',
    hint: 'Name of the list the numbers count in; empty: any.',
    section: 'method',
  },
  rank_pattern: {
    kind: 'pairs',
    label: 'Ranks of single modules',
    hint: 'As in q_proj: 8, v_proj: 4.',
    section: 'method',
  },
  alpha_pattern: {
    kind: 'pairs',
    label: 'Alphas of single modules',
    hint: 'As in q_proj: 16.',
    section: 'method',
  },
  init_lora_weights: {
    kind: 'choice',
    choices: ['true', 'gaussian', 'pissa'],
    label: 'Start of A and B',
    hint: 'true: uniform A; pissa: the weight’s leading factors.',
    section: 'method',
  },
  adapter_name_or_path: {
    kind: 'optional-path',
    label: 'Go on from an adapter',
    hint: 'Folder of a PEFT adapter of the same method.',
    section: 'method',
  },
  use_rslora: { kind: 'switch', label: 'Rank-stabilised scale', hint: 'Scale by alpha / √rank.', section: 'method' },
  loraplus_lr_ratio: {
    kind: 'number',
    label: 'LoRA+ ratio',
    hint: 'Learning rate of B over that of A; 1 is plain.',
    section: 'method',
  },
  magnitude_lr_ratio: {
    kind: 'number',
    label: 'Magnitude rate ratio',
    hint: 'Learning rate of m over that of the rest.',
    section: 'method',
  },
  magnitude_weight_decay: {
    kind: 'number',
    label: 'Magnitude decay',
    hint: 'Weight decay of m; 0 is best left.',
    section: 'method',
  },

  detach_norm: {
    kind: 'switch',
    label: 'Detach the norm',
    hint: 'The paper’s cheaper gradient (section 4.3).',
    section: 'method',
  },
  d_initial: { kind: 'number', label: 'Start of λ_d', hint: 'VeRA’s first scaling vector.', section: 'method' },
  projection_prng_key: {
    kind: 'number',
    label: 'Projection seed',
    hint: 'Makes the random projections all layers share.',
    section: 'method',
  },
  bottleneck_size: { kind: 'number', label: 'Bottleneck', hint: 'Width of the small network.', section: 'method' },
  bottleneck_activation: {
    kind: 'choice',
    choices: BOTTLENECK_ACTIVATIONS,
    label: 'Activation',
    hint: 'Between its two layers.',
    section: 'method',
  },
  bottleneck_scaling: { kind: 'number', label: 'Scale', hint: 'Factor of its output.', section: 'method' },
  num_virtual_tokens: {
    kind: 'number',
    label: 'Prefix length',
    hint: 'Trained positions in front of the text; they count as tokens of it.',
    section: 'method',
  },
  prefix_projection: {
    kind: 'switch',
    label: 'Prefix through a network',
    hint: 'Trained through two layers that are folded away on export: steadier, and far more numbers to train.',
    section: 'method',
  },
  encoder_hidden_size: {
    kind: 'optional-number',
    label: 'Width of that network',
    hint: 'Empty: as wide as the keys of a layer.',
    section: 'method',
  },
  modules_to_save: {
    kind: 'optional-names',
    label: 'Trained whole',
    hint: 'Modules of the base that are trained beside the adapter.',
    section: 'method',
  },
  bias: {
    kind: 'choice',
    choices: BIAS_TRAINING,
    label: 'Biases',
    hint: 'Which biases of the base are trained.',
    section: 'method',
  },
  quantization: {
    kind: 'choice',
    choices: QUANTIZATIONS,
    label: 'Quantised base',
    hint: 'Frozen weights held in 8 or 4 bits (QLoRA, QDoRA) and unpacked at each step.',
    section: 'method',
  },
  quantize_embeddings: {
    kind: 'switch',
    label: 'Quantised embeddings',
    hint: 'With a quantised base: embeddings and the output head in 8 bits, else in bfloat16.',
    section: 'method',
  },
  dtype: {
    kind: 'choice',
    choices: BASE_DTYPES,
    label: 'Base held as',
    hint: 'bfloat16 halves the memory of the frozen weights; exact for a bfloat16 model.',
    section: 'method',
  },
  bf16: {
    kind: 'switch',
    label: 'Compute in bfloat16',
    hint: 'Matrix products in bfloat16: several times as fast where the processor or GPU has it. The Doctor says so.',
    section: 'method',
  },

  task_type: {
    kind: 'choice',
    choices: TASK_TYPES,
    label: 'Task',
    hint: 'CAUSAL_LM continues texts.',
    section: 'prompt',
  },
  problem_type: {
    kind: 'choice',
    choices: PROBLEM_TYPES,
    label: 'Kind of labels',
    hint: 'For classification and regression only.',
    section: 'prompt',
  },
  similarity_scale: {
    kind: 'number',
    label: 'Similarity scale',
    hint: 'For embeddings: cosines are multiplied by it.',
    section: 'prompt',
  },
  packing: {
    kind: 'switch',
    label: 'Pack samples',
    hint: 'Several share a row without seeing each other.',
    section: 'prompt',
  },
  prompt_template: {
    kind: 'template',
    label: 'Prompt template',
    hint: 'auto, alpaca, chat, chatml, text, or a text with {instruction}, {input}.',
    section: 'prompt',
  },
  train_on_inputs: {
    kind: 'switch',
    label: 'Train on prompts too',
    hint: 'Off: only the answers count in the loss.',
    section: 'prompt',
  },

  weight_decay: {
    kind: 'number',
    label: 'Weight decay',
    hint: 'AdamW’s decay of the trained weights.',
    section: 'optimiser',
  },
  max_grad_norm: {
    kind: 'number',
    label: 'Gradient clipping',
    hint: 'Largest gradient norm; 0 switches it off.',
    section: 'optimiser',
  },
  adam_beta1: { kind: 'number', label: 'Adam β₁', hint: 'Memory of the gradient.', section: 'optimiser' },
  adam_beta2: { kind: 'number', label: 'Adam β₂', hint: 'Memory of its square.', section: 'optimiser' },
  adam_epsilon: { kind: 'number', label: 'Adam ε', hint: 'Added to the divisor.', section: 'optimiser' },
  seed: { kind: 'number', label: 'Seed', hint: 'Same seed, same order and start.', section: 'optimiser' },

  warmup_steps: {
    kind: 'number',
    label: 'Warm-up steps',
    hint: 'The rate rises this long; goes before the ratio.',
    section: 'schedule',
  },
  warmup_ratio: { kind: 'number', label: 'Warm-up ratio', hint: 'Share of all steps, 0 to 1.', section: 'schedule' },
  max_steps: { kind: 'number', label: 'Most steps', hint: '−1: by epochs.', section: 'schedule' },
  per_device_eval_batch_size: {
    kind: 'number',
    label: 'Evaluation batch',
    hint: 'Samples in one pass of validation.',
    section: 'schedule',
  },

  logging_steps: {
    kind: 'number',
    label: 'Log every',
    hint: 'Steps between points of the curves.',
    section: 'logging',
  },
  eval_steps: { kind: 'number', label: 'Validate every', hint: 'Steps; 0: only at the end.', section: 'logging' },
  save_steps: {
    kind: 'number',
    label: 'Checkpoint every',
    hint: 'Steps; one is always written at the end.',
    section: 'logging',
  },
  save_total_limit: { kind: 'number', label: 'Checkpoints kept', hint: 'Older ones are removed.', section: 'logging' },
  load_best_model_at_end: {
    kind: 'switch',
    label: 'Keep the best checkpoint',
    hint: 'The one with the lowest validation loss, whatever else is removed.',
    section: 'logging',
  },
  early_stopping_patience: {
    kind: 'number',
    label: 'Stop early after',
    hint: 'Validations without a gain; 0: never.',
    section: 'logging',
  },
  early_stopping_threshold: {
    kind: 'number',
    label: 'Smallest gain',
    hint: 'A loss must fall by more to count.',
    section: 'logging',
  },
  trajectory_steps: {
    kind: 'number',
    label: 'ΔM and ΔD every',
    hint: 'Steps; 0 switches them off.',
    section: 'logging',
  },

  backend: {
    kind: 'choice',
    choices: BACKENDS,
    label: 'Back end',
    hint: 'auto: TensorFlow where it can be had.',
    section: 'engine',
  },
} as const satisfies Record<FieldName, FieldSpec>

export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[]

/** The fields of a section, in the order they are listed above. */
export const fieldsIn = (section: FieldSpec['section']): FieldName[] =>
  FIELD_NAMES.filter((name) => FIELDS[name].section === section)

const BASIC: ReadonlySet<FieldName> = new Set<FieldName>([
  'r',
  'lora_alpha',
  'target_modules',
  'bottleneck_size',
  'num_virtual_tokens',
])

/** The method's own fields: those everyone sets, and the rest. */
export function methodFields(method: RunConfig['method']) {
  const all: readonly FieldName[] = METHODS[method].fields
  return { basic: all.filter((name) => BASIC.has(name)), more: all.filter((name) => !BASIC.has(name)) }
}
