import { z } from 'zod'
import { alarmSchema } from './alarm.ts'
import { studioErrorSchema } from './error.ts'
import { metricNameSchema } from './metric.ts'
import { runNotesSchema, runPlanSchema, runTagsSchema } from './run.ts'
import { runConfigSchema } from './run-config.ts'

/** Ending of a bundle's file name: gzipped JSON of {@link bundleSchema}. */
export const BUNDLE_EXTENSION = 'dorarun'

const MOST_SERIES = 100_000
const MOST_POINTS = 20_000_000
const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const time = whole.nullable()
const ENDED = ['finished', 'stopped', 'failed', 'interrupted'] as const

const columns = z.object({
  name: metricNameSchema,
  module: z.string().max(300),
  step: z.array(whole).max(MOST_POINTS),
  value: z.array(z.number()).max(MOST_POINTS),
  /** Milliseconds since 1970. */
  wallMs: z.array(whole).max(MOST_POINTS),
})

/** Everything that is known of an ended run, but for its weights: enough to look at it elsewhere and to run it again. */
export const bundleSchema = z.object({
  format: z.literal('dora-studio-run'),
  version: z.literal(1),
  run: z.object({
    id: z.string().regex(/^[\w-]{1,64}$/),
    name: z.string().min(1).max(120),
    status: z.enum(ENDED),
    createdAt: whole,
    startedAt: time,
    endedAt: time,
    step: whole,
    totalSteps: whole,
    error: studioErrorSchema.nullable(),
    tags: runTagsSchema,
    notes: runNotesSchema,
    alarms: z.array(alarmSchema).max(100),
  }),
  config: runConfigSchema,
  /** Holds the hashes of model and data; null where the run never got so far. */
  plan: runPlanSchema.nullable(),
  versions: z.record(z.string().max(100), z.string().max(200)),
  series: z
    .array(columns)
    .max(MOST_SERIES)
    .refine(
      (list) => list.every(({ step, value, wallMs }) => step.length === value.length && step.length === wallMs.length),
      {
        message: 'the columns of a series are of different lengths',
      },
    ),
})
export type Bundle = z.infer<typeof bundleSchema>

/** What is not as it was when the run was made; a run again may then differ. */
export const reproductionSchema = z.object({ config: runConfigSchema, differences: z.array(z.string()) })

/** How the numbers of two runs compare that do not depend on the clock. */
export const comparisonSchema = z.object({
  compared: z.number().int(),
  /** Names, modules and steps at which they differ or one has none; the first few. */
  differing: z.number().int(),
  first: z.array(z.string()),
})
