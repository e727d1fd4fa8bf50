import { z } from 'zod'
import { alarmSchema } from './alarm.ts'
import { studioErrorSchema } from './error.ts'
import { runConfigSchema } from './run-config.ts'

export const RUN_STATUSES = [
  'queued',
  'preparing',
  'running',
  'stopping',
  'finished',
  'stopped',
  'failed',
  'interrupted',
] as const
export const runStatusSchema = z.enum(RUN_STATUSES)
export type RunStatus = z.infer<typeof runStatusSchema>

/** States in which an engine process is (or is about to be) at work for the run. */
export const ACTIVE_STATUSES: readonly RunStatus[] = ['queued', 'preparing', 'running', 'stopping']

/** What the engine found out before the first step. */
export const runPlanSchema = z.object({
  modelType: z.string(),
  backend: z.enum(['tensorflow', 'portable']),
  device: z.string(),
  totalParameters: z.number().int(),
  trainableParameters: z.number().int(),
  totalSteps: z.number().int(),
  stepsPerEpoch: z.number().int(),
  trainRows: z.number().int(),
  validationRows: z.number().int(),
  testRows: z.number().int(),
  /** Samples cut at max_seq_length. */
  truncatedRows: z.number().int(),
  /** Share of batch positions that are padding, 0 to 1. */
  paddingShare: z.number(),
  graphNodes: z.number().int(),
  modelHash: z.string(),
  dataHash: z.string(),
})
export type RunPlan = z.infer<typeof runPlanSchema>

/** What the user says about a run. */
export const runTagsSchema = z.array(z.string().trim().min(1).max(40)).max(12)
export const runNotesSchema = z.string().max(10_000)

export const runSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  status: runStatusSchema,
  method: z.string(),
  model: z.string(),
  data: z.string(),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  /** Last completed optimizer step and how many there will be (0 while unknown). */
  step: z.number().int(),
  totalSteps: z.number().int(),
  trainLoss: z.number().nullable(),
  evalLoss: z.number().nullable(),
  evalAccuracy: z.number().nullable(),
  testAccuracy: z.number().nullable(),
  /** Plain text of what the engine is doing (while preparing) or null. */
  phase: z.string().nullable(),
  error: studioErrorSchema.nullable(),
  resumable: z.boolean(),
  /** Taken from a bundle: settings and curves are here, weights are not. */
  imported: z.boolean(),
  /** What is wrong with its numbers, though it goes on. */
  alarms: z.array(alarmSchema),
  tags: runTagsSchema,
  notes: runNotesSchema,
  /** Place in the queue, counted from 1; null when not queued. */
  queuePosition: z.number().int().nullable(),
  /** What runs that were started together, one a method, have in common; null for a run by itself. */
  twins: z.string().nullable(),
})
export type RunSummary = z.infer<typeof runSummarySchema>

export const checkpointSchema = z.object({
  step: z.number().int(),
  folder: z.string(),
  bytes: z.number(),
  evalLoss: z.number().nullable(),
  /** Lowest validation loss among the run's checkpoints. */
  best: z.boolean(),
  createdAt: z.number(),
})
export type Checkpoint = z.infer<typeof checkpointSchema>

export const runDetailSchema = runSummarySchema.extend({
  config: runConfigSchema,
  plan: runPlanSchema.nullable(),
  folder: z.string(),
  versions: z.record(z.string(), z.string()),
  checkpoints: z.array(checkpointSchema),
})
export type RunDetail = z.infer<typeof runDetailSchema>
