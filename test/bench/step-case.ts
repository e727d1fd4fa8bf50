import { z } from 'zod'
import { METHOD_KINDS } from '../../shared/domain/method.ts'
import { BASE_DTYPES, QUANTIZATIONS } from '../../shared/domain/run-config.ts'

/** Model shapes that are measured, as config.json has them; weights are random. */
export const SHAPES = {
  '135m': {
    config: {
      model_type: 'llama',
      vocab_size: 49_152,
      hidden_size: 576,
      intermediate_size: 1536,
      num_hidden_layers: 30,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      max_position_embeddings: 8192,
      tie_word_embeddings: true,
    },
    targets: ['q_proj', 'k_proj', 'v_proj', 'up_proj', 'down_proj'],
    task: 'CAUSAL_LM',
  },
  demo: {
    config: {
      model_type: 'llama',
      vocab_size: 6144,
      hidden_size: 256,
      intermediate_size: 704,
      num_hidden_layers: 6,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      max_position_embeddings: 8192,
      tie_word_embeddings: true,
    },
    targets: ['q_proj', 'k_proj', 'v_proj', 'up_proj', 'down_proj'],
    task: 'CAUSAL_LM',
  },
  minilm: {
    config: {
      model_type: 'bert',
      vocab_size: 30_522,
      hidden_size: 384,
      intermediate_size: 1536,
      num_hidden_layers: 6,
      num_attention_heads: 12,
      max_position_embeddings: 8192,
    },
    targets: ['query', 'key', 'value'],
    task: 'SEQ_CLS',
  },
} as const

export const SHAPE_NAMES = Object.keys(SHAPES) as [keyof typeof SHAPES, ...(keyof typeof SHAPES)[]]
const count = z.coerce.number().int().min(1).max(1_000_000)

/** One thing that is measured; what sets rows of the results apart. */
export const stepCaseSchema = z.strictObject({
  shape: z.enum(SHAPE_NAMES).default('135m'),
  method: z.enum(METHOD_KINDS).default('dora'),
  batch: count.default(4),
  length: count.default(256),
  accumulation: count.default(1),
  /** Rank of the adapters. */
  r: count.default(16),
  /** 0: as many as the shape has. */
  layers: z.coerce.number().int().min(0).max(1000).default(0),
  /** Factor on the width of the shape. */
  width: z.coerce.number().positive().max(16).default(1),
  checkpointing: z.stringbool().or(z.boolean()).default(false),
  /** Whether DoRA's norm is a constant to the gradient (paper, section 4.3). */
  detached: z.stringbool().or(z.boolean()).default(true),
  /** As in the run's configuration: products in bfloat16, and what the frozen base is held in. */
  bf16: z.stringbool().or(z.boolean()).default(false),
  dtype: z.enum(BASE_DTYPES).default('float32'),
  quantization: z.enum(QUANTIZATIONS).default('none'),
  device: z.enum(['cpu', 'gpu']).default('cpu'),
  xla: z.stringbool().or(z.boolean()).default(false),
})
export type StepCase = z.infer<typeof stepCaseSchema>
/** A case by what sets it apart from DoRA at the 135M shape, 4 x 256. */
export const stepCase = (fields: z.input<typeof stepCaseSchema> = {}): StepCase => stepCaseSchema.parse(fields)
/** Layers that a case has. */
export const layersOf = ({ shape, layers }: StepCase): number => layers || SHAPES[shape].config.num_hidden_layers
/** Tokens of one optimizer step. */
export const tokensOf = ({ batch, length, accumulation }: StepCase): number => batch * length * accumulation

/** config.json of a case. */
export function modelConfigOf(measured: StepCase): Record<string, unknown> {
  const { shape, width } = measured
  const { config } = SHAPES[shape]
  const wider = (x: number) => Math.round(x * width)
  return {
    ...config,
    hidden_size: wider(config.hidden_size),
    intermediate_size: wider(config.intermediate_size),
    num_attention_heads: wider(config.num_attention_heads),
    ...('num_key_value_heads' in config && { num_key_value_heads: wider(config.num_key_value_heads) }),
    num_hidden_layers: layersOf(measured),
  }
}

const measured = z.number().nonnegative()
/** What one process prints about its steps, as one JSON line. */
export const measurementSchema = z.object({
  engine: z.enum(['dora-studio', 'peft']),
  nodes: measured,
  buildSeconds: measured,
  loadSeconds: measured,
  firstStepSeconds: measured,
  stepSeconds: measured,
  /** Processor time of a step, all threads: what a busy machine changes least. */
  cpuSeconds: measured,
  peakBytes: measured,
  /** Speed of a large float32 product in the same process. */
  gemmGflops: measured.default(0),
})
export type Measurement = z.infer<typeof measurementSchema>
