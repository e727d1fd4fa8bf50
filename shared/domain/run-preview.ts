import { z } from 'zod'
import { problemSchema } from './model-facts.ts'

/** What a run will be, worked out from its files without loading a weight. Bytes and counts. */
export const runPreviewSchema = z.object({
  /** Null where a problem keeps it from being worked out. */
  plan: z
    .object({
      totalParameters: z.number().int(),
      trainableParameters: z.number().int(),
      steps: z.number().int(),
      stepsPerEpoch: z.number().int(),
      epochs: z.number(),
      /** Real tokens that are fed through the model in the whole run. */
      tokens: z.number(),
      trainRows: z.number().int(),
      validationRows: z.number().int(),
      testRows: z.number().int(),
      truncatedRows: z.number().int(),
      droppedRows: z.number().int(),
      paddingShare: z.number(),
      memory: z.object({
        weights: z.number(),
        adapter: z.number(),
        optimizer: z.number(),
        activations: z.number(),
        /** The program itself, whatever it trains. */
        engine: z.number(),
        available: z.number(),
      }),
    })
    .nullable(),
  problems: z.array(problemSchema),
})
export type RunPreview = z.infer<typeof runPreviewSchema>

/**
 * A preview with the time it would take, in seconds: at the speed of the last run of the same model and method, or, where
 * there is none (`fromRun` null), a rough one from the speed of the machine.
 */
export const previewAnswerSchema = runPreviewSchema.extend({
  estimate: z.object({ seconds: z.number(), tokensPerSecond: z.number(), fromRun: z.string().nullable() }).nullable(),
})
export type PreviewAnswer = z.infer<typeof previewAnswerSchema>
