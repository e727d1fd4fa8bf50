import { z } from 'zod'
import { studioErrorSchema } from './error.ts'

export const EXPORT_KINDS = ['merged', 'adapter'] as const
export const exportKindSchema = z.enum(EXPORT_KINDS)
export type ExportKind = z.infer<typeof exportKindSchema>

/** Proof that the merged model equals the adapted one: both run on the same prompts after the files were read back. */
export const mergeProofSchema = z.object({
  prompts: z.number().int(),
  tokens: z.number().int(),
  /** Largest absolute difference of two logits, and the largest absolute logit for scale. */
  maxAbsDifference: z.number(),
  maxAbsLogit: z.number(),
  /** Mean Kullback-Leibler divergence in nats a token. */
  meanKl: z.number(),
  /** Share of positions where both choose the same next token. */
  topOneAgreement: z.number(),
})
export type MergeProof = z.infer<typeof mergeProofSchema>

/** One thing a run can be written as: about how large, or why not. */
export const exportTargetSchema = z.object({
  kind: exportKindSchema,
  bytes: z.number().nullable(),
  reason: z.string().nullable(),
})
export type ExportTarget = z.infer<typeof exportTargetSchema>

/** Free bytes of the disk a path lies on, and the nearest folder of it that exists; null: the system does not tell. */
export const freeSpaceSchema = z.object({ folder: z.string(), freeBytes: z.number().nullable() })
export type FreeSpace = z.infer<typeof freeSpaceSchema>

export const exportReportSchema = z.object({
  folder: z.string(),
  files: z.array(z.object({ name: z.string(), bytes: z.number() })),
  proof: mergeProofSchema.nullable(),
})
export type ExportReport = z.infer<typeof exportReportSchema>

/** How far the writing of a folder is, and how it ended. */
export const writeStateSchema = z.object({
  status: z.enum(['running', 'finished', 'failed']),
  phase: z.string().nullable(),
  /** 0 to 1. */
  progress: z.number(),
  report: exportReportSchema.nullable(),
  error: studioErrorSchema.nullable(),
})
export type WriteState = z.infer<typeof writeStateSchema>

export const exportJobSchema = z.object({
  id: z.string(),
  runId: z.string(),
  kind: exportKindSchema,
  folder: z.string(),
  step: z.number().int(),
  createdAt: z.number(),
  ...writeStateSchema.shape,
})
export type ExportJob = z.infer<typeof exportJobSchema>
