import { z } from 'zod'
import { isHubRevision } from './hub.ts'
import { METHOD_KINDS } from './method-kind.ts'

export const LR_SCHEDULES = ['linear', 'cosine', 'constant'] as const
/** What a column of a data file can be. */
export const COLUMN_ROLES = [
  'instruction',
  'input',
  'output',
  'prompt',
  'completion',
  'messages',
  'text',
  'text_pair',
  'label',
  'tokens',
  'tags',
] as const
export type ColumnRole = (typeof COLUMN_ROLES)[number]
export const columnsSchema = z.partialRecord(z.enum(COLUMN_ROLES), z.string().min(1).max(200))
/** PEFT's names of the tasks. */
export const TASK_TYPES = ['CAUSAL_LM', 'SEQ_CLS', 'TOKEN_CLS', 'FEATURE_EXTRACTION'] as const
/** transformers' names of what the labels of a sequence are. */
export const PROBLEM_TYPES = ['single_label_classification', 'multi_label_classification', 'regression'] as const
export const BACKENDS = ['auto', 'tensorflow', 'portable'] as const
export const DEVICES = ['auto', 'cpu', 'gpu'] as const
export const DORA_DROPOUTS = ['peft', 'fast'] as const
export const BOTTLENECK_ACTIVATIONS = ['relu', 'tanh', 'silu'] as const
export const QUANTIZATIONS = ['none', 'int8', 'nf4'] as const
/** Element types in which the frozen weights of the base are held. */
export const BASE_DTYPES = ['float32', 'bfloat16'] as const
export const BIAS_TRAINING = ['none', 'all', 'lora_only'] as const

const path = z.string().trim().min(1, 'Give a path.').max(4096)
const optionalPath = path.nullable().default(null)
const count = (max: number) => z.number().int().min(1).max(max)
const moduleName = z.string().min(1).max(200)
const moduleNames = z.array(moduleName).max(64)

/**
 * One run, as the form, the YAML file and the command line know it. Field names are those of PEFT and of
 * Hugging Face's Trainer; every number is bounded. Relative paths are resolved against the YAML file's folder
 * before a run starts (the stored configuration holds absolute paths).
 */
export const runConfigSchema = z.strictObject({
  run_name: z.string().trim().min(1).max(120).default('run'),
  model_name_or_path: path,
  /** Branch, tag or commit of a model that is named as on the hub; null is its main branch. A folder has none. */
  model_revision: z
    .string()
    .trim()
    .max(200)
    .refine(isHubRevision, 'Give a branch, a tag or a commit of the hub.')
    .nullable()
    .default(null),
  train_file: path,
  validation_file: optionalPath,
  test_file: optionalPath,
  /** What is learnt: to continue a text, to classify sequences or tokens, or embeddings of sentences. */
  task_type: z.enum(TASK_TYPES).default('CAUSAL_LM'),
  /** What the labels are; `regression` with FEATURE_EXTRACTION is the similarity of two texts. */
  problem_type: z.enum(PROBLEM_TYPES).default('single_label_classification'),
  /** Embeddings: cosines are multiplied by this before the softmax over the batch. */
  similarity_scale: z.number().positive().max(1000).default(20),
  /** Several samples share a row of the batch without seeing each other (causal language models). */
  packing: z.boolean().default(false),
  /** Columns of the data files under other names than the usual ones, such as `{ instruction: question, output: answer }`. */
  columns: columnsSchema.default({}),
  /** `auto` (chat template if the model has one, else alpaca), `alpaca`, `chat`, `chatml`, `text`, or a text with {instruction}, {input}. */
  prompt_template: z.string().min(1).max(20_000).default('auto'),
  train_on_inputs: z.boolean().default(false),
  max_seq_length: z.number().int().min(8).max(32_768).default(512),

  method: z.enum(METHOD_KINDS).default('dora'),
  r: count(1024).default(16),
  lora_alpha: z.number().positive().max(65_536).default(32),
  /** Share of the adapter's inputs that is dropped in training; how DoRA applies it, `dora_dropout` says. */
  lora_dropout: z.number().min(0).max(0.9).default(0),
  /** `peft`: on everything but the base's own product, as the paper's code and PEFT; `fast`: before A alone. */
  dora_dropout: z.enum(DORA_DROPOUTS).default('peft'),
  /** Dropout that the model's config.json asks for, as transformers applies it in training; null and absent are its defaults. */
  base_dropout: z.boolean().default(true),
  /** Last parts of module names, or `all-linear` (every linear layer but the head). */
  target_modules: z.union([z.literal('all-linear'), z.array(moduleName).min(1).max(64)]).default('all-linear'),
  /** Modules of which only m is trained (paper, table 6), beside those in target_modules. */
  magnitude_only_modules: moduleNames.default([]),
  /** Numbers of the layers that get an adapter; null is all of them. */
  layers_to_transform: z.array(z.number().int().min(0).max(100_000)).min(1).max(1000).nullable().default(null),
  /** Name of the list the layer numbers count in, such as `layers`; null is any. */
  layers_pattern: z.array(moduleName).min(1).max(16).nullable().default(null),
  /** Ranks and alphas of single modules: a regular expression for the end of the module's path, and the value. */
  rank_pattern: z.record(moduleName, count(1024)).default({}),
  alpha_pattern: z.record(moduleName, z.number().positive().max(65_536)).default({}),
  /** How A and B start: true (A uniform, B zero), `gaussian` (A normal, B zero), `pissa` (the weight's leading factors). */
  init_lora_weights: z.union([z.literal(true), z.literal('gaussian'), z.literal('pissa')]).default(true),
  /** A PEFT adapter of the same method whose values training starts from. */
  adapter_name_or_path: optionalPath,
  use_rslora: z.boolean().default(false),
  /** LoRA+ : learning rate of B = ratio x learning rate of A; 1 is plain LoRA. */
  loraplus_lr_ratio: z.number().positive().max(1000).default(1),
  /** LoRA+ : learning rate of A and B of embeddings, where the ratio is not 1. */
  loraplus_lr_embedding: z.number().positive().max(10).default(1e-6),
  /** Learning rate of m = ratio x learning_rate. */
  magnitude_lr_ratio: z.number().min(0).max(1000).default(1),
  magnitude_weight_decay: z.number().min(0).max(1).default(0),
  /** Whether the gradient takes the norm of V' as a constant (paper, section 4.3); false is the full gradient. */
  detach_norm: z.boolean().default(true),
  /** VeRA: start of lambda_d, and the seed of the shared projections. */
  d_initial: z.number().min(-100).max(100).default(0.1),
  projection_prng_key: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0),
  /** Width, activation and factor of series and parallel adapters. */
  bottleneck_size: count(8192).default(256),
  bottleneck_activation: z.enum(BOTTLENECK_ACTIVATIONS).default('tanh'),
  bottleneck_scaling: z.number().positive().max(1000).default(1),
  /** Prefix tuning: trained positions in front of the text. */
  num_virtual_tokens: count(1024).default(30),
  /** Whether the prefix comes from a small network, which the saved file no longer has; its width, null for that of the keys. */
  prefix_projection: z.boolean().default(false),
  encoder_hidden_size: count(65_536).nullable().default(null),
  /** Modules of the base model that are trained whole beside the adapter. */
  modules_to_save: moduleNames.nullable().default(null),
  /** Biases of the base model that are trained: none, all of them, or those of the adapted modules. */
  bias: z.enum(BIAS_TRAINING).default('none'),
  /** How the frozen weights of linear layers are held: float32, 8 bits, or 4 bits (QLoRA's NormalFloat). */
  quantization: z.enum(QUANTIZATIONS).default('none'),
  /** With `quantization`: embeddings and the output head are held in 8 bits too, else in bfloat16. */
  quantize_embeddings: z.boolean().default(true),
  /** How the frozen matrices of the base are held: bfloat16 takes half the memory, and is exact for a bfloat16 model. */
  dtype: z.enum(BASE_DTYPES).default('float32'),
  /**
   * Matrix products in bfloat16 (fast where the processor has AMX or AVX512-BF16, or on a GPU), over a base held in it.
   * Adapters, m, norms, softmax, loss and optimizer stay float32.
   */
  bf16: z.boolean().default(false),

  learning_rate: z.number().positive().max(10).default(2e-4),
  lr_scheduler_type: z.enum(LR_SCHEDULES).default('linear'),
  warmup_steps: z.number().int().min(0).max(1_000_000).default(0),
  warmup_ratio: z.number().min(0).max(1).default(0),
  weight_decay: z.number().min(0).max(1).default(0),
  adam_beta1: z.number().min(0).max(0.9999).default(0.9),
  adam_beta2: z.number().min(0).max(0.99999).default(0.999),
  adam_epsilon: z.number().positive().max(1).default(1e-8),
  /** 0 switches clipping off. */
  max_grad_norm: z.number().min(0).max(1e6).default(1),
  num_train_epochs: z.number().positive().max(10_000).default(1),
  /** -1: by epochs. */
  max_steps: z.number().int().min(-1).max(100_000_000).default(-1),
  per_device_train_batch_size: count(4096).default(8),
  per_device_eval_batch_size: count(4096).default(32),
  gradient_accumulation_steps: count(4096).default(1),
  /** Keeps only the input of each layer, and computes the layer again in the backward pass: less memory, more time. */
  gradient_checkpointing: z.boolean().default(false),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(42),

  logging_steps: count(1_000_000).default(1),
  /** 0: only at the end. */
  eval_steps: z.number().int().min(0).max(100_000_000).default(100),
  /** Checkpoints every so many steps (one is always written at the end); 0: only at the end. */
  save_steps: z.number().int().min(0).max(100_000_000).default(200),
  save_total_limit: count(1000).default(3),
  /** Writes a checkpoint whenever the validation loss is the lowest so far, and keeps it beyond save_total_limit. */
  load_best_model_at_end: z.boolean().default(false),
  /** Ends the run after so many validations without a loss lower by more than the threshold; 0 switches it off. */
  early_stopping_patience: z.number().int().min(0).max(10_000).default(0),
  early_stopping_threshold: z.number().min(0).max(1000).default(0),
  /** dM and dD of every adapted module each so many steps; 0 switches them off. */
  trajectory_steps: z.number().int().min(0).max(1_000_000).default(10),

  backend: z.enum(BACKENDS).default('auto'),
  /** `auto`: the GPU where TensorFlow finds one; `gpu` refuses to run without. */
  device: z.enum(DEVICES).default('auto'),
  /** Has TensorFlow's compiler XLA fuse parts of the graph: slower to start, on a GPU often faster afterwards. */
  xla: z.boolean().default(false),
})
export type RunConfig = z.infer<typeof runConfigSchema>
/** Whether all of the base is held in float32. */
export const holdsFloat32 = ({ quantization, dtype, bf16 }: RunConfig): boolean =>
  quantization === 'none' && dtype === 'float32' && !bf16

/** What a user may write: every field with a default may be left out. */
export type RunConfigInput = z.input<typeof runConfigSchema>
