import { z } from 'zod'
import { problemSchema } from './model-facts.ts'

/** What computing something costs, by what limits its speed (main/engine/ir/work.ts); counts, and bytes. */
export const workSchema = z.object({
  products: z.number(),
  bfloat16Products: z.number(),
  stacks: z.number(),
  bytes: z.number(),
  nodes: z.number(),
})
export type RunWork = z.infer<typeof workSchema>

const bytes = z.number().nonnegative()
/** Memory that a run takes at its peak, by what it is for. */
export const memoryPartsSchema = z.object({
  weights: bytes,
  adapter: bytes,
  optimizer: bytes,
  activations: bytes,
  /** The program itself, whatever it trains. */
  engine: bytes,
})
export type MemoryParts = z.infer<typeof memoryPartsSchema>
export const wholeMemory = ({ weights, adapter, optimizer, activations, engine }: MemoryParts): number =>
  weights + adapter + optimizer + activations + engine

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
      memory: memoryPartsSchema.extend({ available: bytes }),
      /** Of all optimizer steps, and of what comes between and after them: evaluations and trajectories. */
      work: z.object({ training: workSchema, besides: workSchema }),
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
