import { z } from 'zod'
import { runConfigSchema } from './run-config.ts'
import { memoryPartsSchema, workSchema } from './run-preview.ts'

/** Changes that make a run need less memory, those that change least of what is learnt first. */
export const PROPOSAL_KINDS = [
  'batch',
  'checkpointing',
  'eval-batch',
  'bfloat16',
  'int8',
  'nf4',
  'length',
  'rank',
] as const
export type ProposalKind = (typeof PROPOSAL_KINDS)[number]

const { shape } = runConfigSchema
/** The settings that proposals change. */
export const fitChangesSchema = z.strictObject({
  per_device_eval_batch_size: shape.per_device_eval_batch_size.unwrap().optional(),
  per_device_train_batch_size: shape.per_device_train_batch_size.unwrap().optional(),
  gradient_accumulation_steps: shape.gradient_accumulation_steps.unwrap().optional(),
  gradient_checkpointing: shape.gradient_checkpointing.unwrap().optional(),
  dtype: shape.dtype.unwrap().optional(),
  quantization: shape.quantization.unwrap().optional(),
  max_seq_length: shape.max_seq_length.unwrap().optional(),
  r: shape.r.unwrap().optional(),
  lora_alpha: shape.lora_alpha.unwrap().optional(),
})
export type FitChanges = z.infer<typeof fitChangesSchema>

/** One proposal, or several together; each is told as it would be if it were taken. */
export const proposalSchema = z.object({
  kinds: z.array(z.enum(PROPOSAL_KINDS)).min(1).max(PROPOSAL_KINDS.length),
  changes: fitChangesSchema,
  memory: memoryPartsSchema,
  fits: z.boolean(),
  /** Samples that would be cut, beyond those that are cut as it is. */
  cutRows: z.number().int().nonnegative(),
  work: z.object({ training: workSchema, besides: workSchema }),
  /** Real tokens that are fed through the model in the whole run. */
  tokens: z.number(),
})

/** What would make a run fit into `limit` bytes. */
export const fitSchema = z.object({
  limit: z.number().positive(),
  needed: z.number().nonnegative(),
  /** Each alone, in the order of {@link PROPOSAL_KINDS}; those that save nothing are left out. */
  alone: z.array(proposalSchema).max(PROPOSAL_KINDS.length),
  /** Where none fits alone: as many as it takes together, or all of them where even those do not fit. */
  together: proposalSchema.nullable(),
})
export type Fit = z.infer<typeof fitSchema>

/** A limit in bytes that the user sets; null: what is free. */
export const memoryLimitSchema = z.number().int().min(1).max(1e15).nullable()

const timedSchema = proposalSchema.omit({ work: true, tokens: true }).extend({ seconds: z.number().nullable() })
/** A proposal with the time that the run would take then, in seconds; null where it is not known. */
export type TimedProposal = z.infer<typeof timedSchema>
export const fitAnswerSchema = fitSchema.extend({ alone: z.array(timedSchema), together: timedSchema.nullable() })
export type FitAnswer = z.infer<typeof fitAnswerSchema>
