import { z } from 'zod'
import { studioErrorSchema } from './error.ts'
import { examplesSchema, pairedSchema, sideSchema, splitSchema, USUAL_EXAMPLES } from './paired.ts'

/** Two models that are to be asked the same examples. */
export const pairedOrderSchema = z.object({
  a: sideSchema,
  b: sideSchema,
  split: splitSchema,
  examples: examplesSchema.default(USUAL_EXAMPLES),
})
export type PairedOrder = z.output<typeof pairedOrderSchema>

/** A paired evaluation at work, or how it ended. */
export const pairedJobSchema = pairedOrderSchema.extend({
  id: z.string(),
  createdAt: z.number(),
  names: z.tuple([z.string(), z.string()]),
  status: z.enum(['running', 'finished', 'cancelled', 'failed']),
  /** What is being done now; null once it has ended. */
  phase: z.string().nullable(),
  /** Answers that are there and answers that there will be, both models together; a total of 0 is not known yet. */
  done: z.number().int().nonnegative(),
  total: z.number().int().nonnegative(),
  /** Seconds until the last answer; null while there is nothing to tell it by. */
  secondsLeft: z.number().nonnegative().nullable(),
  result: pairedSchema.nullable(),
  error: studioErrorSchema.nullable(),
})
export type PairedJob = z.infer<typeof pairedJobSchema>
