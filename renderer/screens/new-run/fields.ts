import { METHODS } from '../../../shared/domain/method.ts'
import { BACKENDS, LR_SCHEDULES, type RunConfig } from '../../../shared/domain/run-config.ts'

export type FieldName = keyof RunConfig
export const SECTIONS = ['source', 'training', 'prompt', 'optimiser', 'schedule', 'logging', 'engine'] as const
export type SectionName = (typeof SECTIONS)[number]

/** How a field is asked for. `path` may be empty where the configuration allows null. */
export type FieldKind =
  | { readonly kind: 'text' | 'path' | 'optional-path' | 'number' | 'switch' | 'modules' | 'template' | 'method' }
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
    hint: 'JSONL with instruction, input and output, or with text.',
    section: 'source',
  },
  validation_file: {
    kind: 'optional-path',
    label: 'Validation data',
    hint: 'Measured while training; not trained on.',
    section: 'source',
  },
  test_file: { kind: 'optional-path', label: 'Test data', hint: 'Measured once, at the end.', section: 'source' },

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
  lora_dropout: { kind: 'number', label: 'Dropout', hint: 'Only 0 can be trained today.', section: 'method' },
  target_modules: {
    kind: 'modules',
    label: 'Target modules',
    hint: 'Ends of module names, or all-linear.',
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

  prompt_template: {
    kind: 'template',
    label: 'Prompt template',
    hint: 'auto, alpaca, chat, text, or a text with {instruction}, {input}.',
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

/** The method's own fields; basic ones first. */
export const methodFields = (method: RunConfig['method']): readonly FieldName[] => METHODS[method].fields
