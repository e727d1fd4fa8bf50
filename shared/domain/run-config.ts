import { z } from 'zod'
import { METHOD_KINDS } from './method-kind.ts'

export const LR_SCHEDULES = ['linear', 'cosine', 'constant'] as const
export const BACKENDS = ['auto', 'tensorflow', 'portable'] as const

const path = z.string().trim().min(1, 'Give a path.').max(4096)
const optionalPath = path.nullable().default(null)
const count = (max: number) => z.number().int().min(1).max(max)

/**
 * One run, as the form, the YAML file and the command line know it. Field names are those of PEFT and of
 * Hugging Face's Trainer; every number is bounded. Relative paths are resolved against the YAML file's folder
 * before a run starts (the stored configuration holds absolute paths).
 */
export const runConfigSchema = z.strictObject({
  run_name: z.string().trim().min(1).max(120).default('run'),
  model_name_or_path: path,
  train_file: path,
  validation_file: optionalPath,
  test_file: optionalPath,
  /** `auto` (chat template if the model has one, else alpaca), `alpaca`, `chat`, `text`, or a text with {instruction}, {input}. */
  prompt_template: z.string().min(1).max(20_000).default('auto'),
  train_on_inputs: z.boolean().default(false),
  max_seq_length: z.number().int().min(8).max(32_768).default(512),

  method: z.enum(METHOD_KINDS).default('dora'),
  r: count(1024).default(16),
  lora_alpha: z.number().positive().max(65_536).default(32),
  /** Only 0 is trained today; anything else is refused when the run starts rather than ignored. */
  lora_dropout: z.number().min(0).max(0.9).default(0),
  /** Last parts of module names, or `all-linear` (every linear layer but the head). */
  target_modules: z
    .union([z.literal('all-linear'), z.array(z.string().min(1).max(200)).min(1).max(64)])
    .default(['q_proj', 'k_proj', 'v_proj', 'up_proj', 'down_proj']),
  use_rslora: z.boolean().default(false),
  /** LoRA+ : learning rate of B = ratio x learning rate of A; 1 is plain LoRA. */
  loraplus_lr_ratio: z.number().positive().max(1000).default(1),
  /** Learning rate of m = ratio x learning_rate. */
  magnitude_lr_ratio: z.number().min(0).max(1000).default(1),
  magnitude_weight_decay: z.number().min(0).max(1).default(0),

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
  /** dM and dD of every adapted module each so many steps; 0 switches them off. */
  trajectory_steps: z.number().int().min(0).max(1_000_000).default(10),

  backend: z.enum(BACKENDS).default('auto'),
})
export type RunConfig = z.infer<typeof runConfigSchema>
/** What a user may write: every field with a default may be left out. */
export type RunConfigInput = z.input<typeof runConfigSchema>
