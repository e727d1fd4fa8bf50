import { z } from 'zod'
import { mergeKindSchema, runExportDtypeSchema, writeStateSchema } from './export.ts'

const path = z.string().trim().min(1).max(4096)

/** An adapter from elsewhere (a PEFT folder), the model it belongs to, and where the merged model is to be, as what. */
export const mergeOrderSchema = z.object({
  base: path,
  adapter: path,
  folder: path,
  kind: mergeKindSchema.default('merged'),
  dtype: runExportDtypeSchema,
})
export type MergeOrder = z.infer<typeof mergeOrderSchema>

export const mergeJobSchema = mergeOrderSchema.extend({
  id: z.string(),
  createdAt: z.number(),
  ...writeStateSchema.shape,
})
export type MergeJob = z.infer<typeof mergeJobSchema>
