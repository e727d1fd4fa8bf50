import { z } from 'zod'
import { ALARM_KINDS, alarmSchema } from './domain/alarm.ts'
import {
  chatFactsSchema,
  chatPromptSchema,
  generationOptionsSchema,
  generationStatsSchema,
  predictionSchema,
} from './domain/chat.ts'
import { dataFactsSchema, dataQuestionSchema } from './domain/data-facts.ts'
import { studioErrorSchema } from './domain/error.ts'
import { exportKindSchema, exportReportSchema, mergeKindSchema, runExportDtypeSchema } from './domain/export.ts'
import { fitSchema, memoryLimitSchema } from './domain/fit.ts'
import { machineSpeedSchema } from './domain/machine-speed.ts'
import { metricRowSchema } from './domain/metric.ts'
import { modelFactsSchema } from './domain/model-facts.ts'
import { examplesSchema, scoresSchema } from './domain/paired.ts'
import { rankFactsSchema } from './domain/rank.ts'
import { runPlanSchema } from './domain/run.ts'
import { runConfigSchema } from './domain/run-config.ts'
import { runPreviewSchema } from './domain/run-preview.ts'

/** A look at files without training: answered with {@link inspectionSchema} of the same subject. */
export const inspectQuestionSchema = z.discriminatedUnion('subject', [
  z.object({ subject: z.literal('model'), folder: z.string() }),
  z.object({ subject: z.literal('data'), question: dataQuestionSchema }),
  z.object({ subject: z.literal('run'), config: runConfigSchema }),
  z.object({ subject: z.literal('inputs'), config: runConfigSchema }),
  /** What would make a run fit into the memory. */
  z.object({ subject: z.literal('fit'), config: runConfigSchema, limit: memoryLimitSchema }),
  /** Which of its directions an adapter uses. */
  z.object({ subject: z.literal('rank'), config: runConfigSchema, checkpoint: z.string() }),
  /** What a model makes of each example of a file; without a checkpoint that is the base model. */
  z.object({
    subject: z.literal('scores'),
    config: runConfigSchema,
    checkpoint: z.string().nullable(),
    runFolder: z.string(),
    file: z.string(),
    /** At most so many of its examples, drawn where it has more. */
    examples: examplesSchema,
  }),
  /** How fast this machine is on the device that a run would take. */
  z.object({
    subject: z.literal('speed'),
    where: runConfigSchema.pick({ backend: true, device: true, xla: true }),
  }),
])
export type InspectQuestion = z.infer<typeof inspectQuestionSchema>

export const inspectionSchema = z.discriminatedUnion('subject', [
  z.object({ subject: z.literal('model'), facts: modelFactsSchema }),
  z.object({ subject: z.literal('data'), facts: dataFactsSchema }),
  z.object({ subject: z.literal('run'), facts: runPreviewSchema }),
  z.object({ subject: z.literal('inputs'), facts: runPlanSchema.pick({ modelHash: true, dataHash: true }) }),
  z.object({ subject: z.literal('fit'), facts: fitSchema }),
  z.object({ subject: z.literal('rank'), facts: rankFactsSchema }),
  z.object({ subject: z.literal('scores'), facts: scoresSchema }),
  z.object({ subject: z.literal('speed'), facts: machineSpeedSchema }),
])
export type Inspection = z.infer<typeof inspectionSchema>

/**
 * Messages between the host and one engine process (child_process.fork, JSON). An engine does one job (a training run,
 * an export or a look at files), reports, and exits by itself: 0 when it told the host how the job ended, anything else is a death.
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
    dtype: runExportDtypeSchema,
    /** Must not exist yet, or be an empty folder. */
    output: z.string(),
  }),
  /** An adapter from elsewhere and its base model, to one model folder or one GGUF. */
  z.object({
    type: z.literal('merge'),
    base: z.string(),
    adapter: z.string(),
    output: z.string(),
    kind: mergeKindSchema.default('merged'),
    dtype: runExportDtypeSchema,
  }),
  z.object({ type: z.literal('inspect'), question: inspectQuestionSchema }),
  /** Keeps a model loaded and answers `generate` until `stop`. */
  z.object({
    type: z.literal('chat'),
    config: runConfigSchema,
    /** Null: the base model. */
    checkpoint: z.string().nullable(),
    /** Null: the model of a folder, whose own config.json says what it does. */
    runFolder: z.string().nullable(),
    /** An adapter folder as PEFT writes it, put on the model; it says itself how it was trained. */
    adapter: z.string().nullable().default(null),
  }),
  z.object({
    type: z.literal('generate'),
    id: z.number().int(),
    prompt: chatPromptSchema,
    options: generationOptionsSchema,
  }),
  /** Ends the answer `id`, which is reported as generated. */
  z.object({ type: z.literal('cancel'), id: z.number().int() }),
  /** The checkpoint of a step is in the history: older ones may be deleted now. */
  z.object({ type: z.literal('stored'), step: z.number().int() }),
  /** Finish the current step, write a checkpoint if asked, report `stopped`. */
  z.object({ type: z.literal('stop'), checkpoint: z.boolean() }),
])
export type EngineRequest = z.infer<typeof engineRequestSchema>

/** Name of a folder that an engine is still writing, `.NAME.partial-PID-N` beside its final place; the group is the PID. */
export const PARTIAL_FOLDER = /^\..+\.partial-(\d+)-\d+$/

export const engineReportSchema = z.discriminatedUnion('type', [
  /** What is being done now; `progress` 0 to 1, null when unknown. */
  z.object({ type: z.literal('phase'), phase: z.string(), progress: z.number().nullable() }),
  /** Of a look at what a model makes of examples: those that it has answered, and those to be answered. */
  z.object({ type: z.literal('asked'), done: z.number().int().nonnegative(), total: z.number().int().positive() }),
  z.object({ type: z.literal('plan'), plan: runPlanSchema, versions: z.record(z.string(), z.string()) }),
  /** A kind of numbers that lie was seen, or (`alarm` null) is over. */
  z.object({ type: z.literal('alarm'), kind: z.enum(ALARM_KINDS), alarm: alarmSchema.nullable() }),
  z.object({ type: z.literal('metrics'), rows: z.array(metricRowSchema) }),
  /** Sent after the folder is complete and synced to disk; answered with `stored`. */
  z.object({
    type: z.literal('checkpoint'),
    step: z.number().int(),
    folder: z.string(),
    bytes: z.number(),
    evalLoss: z.number().nullable(),
    /** Its validation loss was measured at this very step and is the lowest so far. */
    best: z.boolean().default(false),
  }),
  /** Checkpoint folders deleted by save_total_limit. */
  z.object({ type: z.literal('pruned'), folders: z.array(z.string()) }),
  /** `note`: why it ended before its last planned step. */
  z.object({ type: z.literal('finished'), step: z.number().int(), note: z.string().nullable().default(null) }),
  z.object({ type: z.literal('stopped'), step: z.number().int() }),
  z.object({ type: z.literal('exported'), report: exportReportSchema }),
  z.object({ type: z.literal('inspected'), inspection: inspectionSchema }),
  z.object({ type: z.literal('ready'), facts: chatFactsSchema }),
  z.object({ type: z.literal('token'), id: z.number().int(), text: z.string() }),
  z.object({
    type: z.literal('generated'),
    id: z.number().int(),
    result: z.union([
      z.object({ stats: generationStatsSchema.nullable(), prediction: predictionSchema.nullable() }),
      z.object({ error: studioErrorSchema }),
    ]),
  }),
  z.object({ type: z.literal('failed'), error: studioErrorSchema }),
])
export type EngineReport = z.infer<typeof engineReportSchema>
