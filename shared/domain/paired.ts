import { z } from 'zod'

export const SPLITS = ['test', 'validation'] as const
export const splitSchema = z.enum(SPLITS)
export type Split = z.infer<typeof splitSchema>

/** A model that is held against another: that of a run, or the base it was trained from. */
export const sideSchema = z.object({
  runId: z.string().min(1).max(64),
  base: z.boolean().default(false),
  /** Of the checkpoint; null: the best one, else the newest. */
  step: z.number().int().min(0).nullable().default(null),
})
export type Side = z.input<typeof sideSchema>
export type ChosenSide = z.output<typeof sideSchema>

/** What a model makes of each example, in the order of the file. */
export const scoresSchema = z.object({
  /** Mean loss of the labels of an example, in nats. */
  loss: z.array(z.number()),
  /** Share of its labels that were right; of a language model 1 where all were. Null where the task has no such thing. */
  accuracy: z.array(z.number().min(0).max(1)).nullable(),
  /** Labels of each example. */
  labels: z.array(z.number().int().positive()),
  /** Examples of the file; no more than the first of them are scored. */
  rows: z.number().int(),
  /** Whether it is a base without a head for the task, judged with the one that the run started from. */
  lacksHead: z.boolean(),
})
export type Scores = z.infer<typeof scoresSchema>

/** A mean difference, b less a, with its interval of 95 % and how likely one so large is by chance alone. */
export const differenceSchema = z.object({
  a: z.number(),
  b: z.number(),
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  p: z.number().min(0).max(1),
})
export type Difference = z.infer<typeof differenceSchema>

export const pairedSchema = z.object({
  split: splitSchema,
  file: z.string(),
  /** Examples that both were asked, and those of the file. */
  examples: z.number().int(),
  rows: z.number().int(),
  names: z.tuple([z.string(), z.string()]),
  lacksHead: z.tuple([z.boolean(), z.boolean()]),
  /** Null where the two do not have the same labels, so that a mean over them would be of different things. */
  loss: differenceSchema.nullable(),
  accuracy: differenceSchema.nullable(),
})
export type Paired = z.infer<typeof pairedSchema>

/** What is to be said of a base that has no head for the task; null where both were trained for it. */
export function headNote({ names, lacksHead }: Pick<Paired, 'names' | 'lacksHead'>): string | null {
  const at = lacksHead.indexOf(true)
  return at < 0
    ? null
    : `${names[at]} has no head for this task: its figures are those of the untrained head that the run started from.`
}

export const pText = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`)

/** Below this a difference is called one. */
const SIGNIFICANT = 0.05
export const isSignificant = ({ p }: Difference): boolean => p < SIGNIFICANT
