import { z } from 'zod'
import { doctorReportSchema } from './domain/doctor.ts'
import { exportJobSchema, exportKindSchema } from './domain/export.ts'
import { metricNameSchema, metricRowSchema, seriesSchema } from './domain/metric.ts'
import { runDetailSchema, runSummarySchema } from './domain/run.ts'
import { runConfigSchema } from './domain/run-config.ts'

const runId = z.object({ runId: z.string().min(1).max(64) })
const nothing = z.object({})
const call = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output })

/**
 * Every call a front may make of the host. Client, server and preload are derived from this list; both directions are
 * checked at run time. An addition is one line here and one handler in `main/host/handlers.ts`.
 */
export const CALLS = {
  'app.info': call(nothing, z.object({ version: z.string(), dataFolder: z.string(), platform: z.string() })),
  /** Runs the same checks as `doctor` on the command line; takes a few seconds. */
  'doctor.report': call(nothing, doctorReportSchema),
  /** The demo recipe shipped in resources/demo with absolute paths, ready to start. */
  'demo.config': call(nothing, runConfigSchema),
  /** Text of a run YAML to a checked configuration (relative paths against `folder`). */
  'config.parse': call(z.object({ yaml: z.string().max(200_000), folder: z.string() }), runConfigSchema),
  'config.format': call(runConfigSchema, z.object({ yaml: z.string() })),
  'runs.list': call(nothing, z.array(runSummarySchema)),
  'runs.get': call(runId, runDetailSchema),
  'runs.start': call(runConfigSchema, runSummarySchema),
  'runs.stop': call(runId.extend({ checkpoint: z.boolean() }), runSummarySchema),
  'runs.resume': call(runId, runSummarySchema),
  'runs.rename': call(runId.extend({ name: z.string().trim().min(1).max(120) }), runSummarySchema),
  'runs.delete': call(runId, nothing),
  /** Series thinned to at most `maxPoints` buckets each, oldest first. `names` empty: all. */
  'metrics.series': call(
    runId.extend({
      names: z.array(metricNameSchema).max(64),
      maxPoints: z.number().int().min(2).max(5000),
      fromStep: z.number().int().min(0).nullable(),
      toStep: z.number().int().min(0).nullable(),
    }),
    z.array(seriesSchema),
  ),
  'exports.start': call(runId.extend({ kind: exportKindSchema, folder: z.string().min(1).max(4096) }), exportJobSchema),
  'exports.list': call(runId, z.array(exportJobSchema)),
} as const

export type Calls = typeof CALLS
export type CallName = keyof Calls
export type CallInput<K extends CallName> = z.input<Calls[K]['input']>
export type CallOutput<K extends CallName> = z.output<Calls[K]['output']>

/** Every event the host pushes to all fronts. Metrics are in the store before they are published. */
export const EVENTS = {
  'run.updated': runSummarySchema,
  'run.deleted': runId,
  'metrics.appended': z.object({ runId: z.string(), rows: z.array(metricRowSchema) }),
  'export.updated': exportJobSchema,
} as const

export type Events = typeof EVENTS
export type EventName = keyof Events
export type EventPayload<K extends EventName> = z.output<Events[K]>

/** The client as the renderer sees it, whatever carries it. */
export type StudioClient = {
  call<K extends CallName>(name: K, input: CallInput<K>): Promise<CallOutput<K>>
  /** Returns the function that ends the subscription. */
  on<K extends EventName>(name: K, listener: (payload: EventPayload<K>) => void): () => void
}
