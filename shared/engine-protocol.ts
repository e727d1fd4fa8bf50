import { z } from 'zod'
import { studioErrorSchema } from './domain/error.ts'
import { exportKindSchema, exportReportSchema } from './domain/export.ts'
import { metricRowSchema } from './domain/metric.ts'
import { runPlanSchema } from './domain/run.ts'
import { runConfigSchema } from './domain/run-config.ts'

/**
 * Messages between the host and one engine process (child_process.fork, JSON). An engine does one job (a training run
 * or an export), reports, and exits by itself: 0 when it told the host how the job ended, anything else is a death.
 */
export const engineRequestSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('train'),
    config: runConfigSchema,
    /** Folder of the run; the engine writes `checkpoint-<step>` folders in it. */
    runFolder: z.string(),
    /** Checkpoint folder to go on from, or null for a fresh start. */
    resumeFrom: z.string().nullable(),
  }),
  z.object({
    type: z.literal('export'),
    config: runConfigSchema,
    checkpoint: z.string(),
    kind: exportKindSchema,
    /** Must not exist yet, or be an empty folder. */
    output: z.string(),
  }),
  /** Finish the current step, write a checkpoint if asked, report `stopped`. */
  z.object({ type: z.literal('stop'), checkpoint: z.boolean() }),
])
export type EngineRequest = z.infer<typeof engineRequestSchema>

export const engineReportSchema = z.discriminatedUnion('type', [
  /** What is being done now; `progress` 0 to 1, null when unknown. */
  z.object({ type: z.literal('phase'), phase: z.string(), progress: z.number().nullable() }),
  z.object({ type: z.literal('plan'), plan: runPlanSchema, versions: z.record(z.string(), z.string()) }),
  z.object({ type: z.literal('metrics'), rows: z.array(metricRowSchema) }),
  /** Sent after the folder is complete and synced to disk. `removed`: older checkpoint folders deleted by save_total_limit. */
  z.object({
    type: z.literal('checkpoint'),
    step: z.number().int(),
    folder: z.string(),
    bytes: z.number(),
    evalLoss: z.number().nullable(),
    removed: z.array(z.string()),
  }),
  z.object({ type: z.literal('finished'), step: z.number().int() }),
  z.object({ type: z.literal('stopped'), step: z.number().int() }),
  z.object({ type: z.literal('exported'), report: exportReportSchema }),
  z.object({ type: z.literal('failed'), error: studioErrorSchema }),
])
export type EngineReport = z.infer<typeof engineReportSchema>
