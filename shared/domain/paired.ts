import { z } from 'zod'
import { formatCount } from './amounts.ts'

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

/** Fewer examples say nothing of a difference. */
export const FEWEST_EXAMPLES = 5
/** An hour and more with a large model; and among so many texts a partner can still be looked for. */
export const MOST_EXAMPLES = 10_000
/** Enough to tell two percent from chance, and little enough to wait for. */
export const USUAL_EXAMPLES = 2_000
/** How many examples of a file are asked at most; of a longer one they are drawn. */
export const examplesSchema = z.number().int().min(FEWEST_EXAMPLES).max(MOST_EXAMPLES)

const perExample = <T extends z.ZodType>(value: T) => z.array(value).max(MOST_EXAMPLES)

/** What a model makes of each example, in the order of the file. */
export const scoresSchema = z.object({
  /** Mean loss of the labels of an example, in nats. */
  loss: perExample(z.number()),
  /**
   * Share of its labels that were right; of a language model 1 where all were, of an embedding 1 where the right partner
   * is nearest. Null where the task has no such thing.
   */
  accuracy: perExample(z.number().min(0).max(1)).nullable(),
  /** Of embeddings alone: 1 / place of the right partner among those of all examples, the nearest first. */
  reciprocalRank: perExample(z.number().min(0).max(1)).nullable(),
  /** Labels of each example. */
  labels: perExample(z.number().int().positive()),
  /** Examples of the file; `loss` has as many as were drawn of them. */
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
  /** McNemar's exact test where each example is right or wrong, else the paired t test. */
  test: z.enum(['mcnemar', 't']),
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
  /** Steps of their checkpoints; null of a base. */
  steps: z.tuple([z.number().int().nullable(), z.number().int().nullable()]),
  /** Null where a mean would be of different things for the two; `lossNote` says why. */
  loss: differenceSchema.nullable(),
  lossNote: z.string().nullable(),
  accuracy: differenceSchema.nullable(),
  /** Of embeddings alone. */
  reciprocalRank: differenceSchema.nullable(),
})
export type Paired = z.infer<typeof pairedSchema>

/** What is to be said of a base that has no head for the task; null where both were trained for it. */
export function headNote({ names, lacksHead }: Pick<Paired, 'names' | 'lacksHead'>): string | null {
  const at = lacksHead.indexOf(true)
  return at < 0
    ? null
    : `${names[at]} has no head for this task: its figures are those of the untrained head that the run started from.`
}

/** Which examples were asked: `1,200 examples`, or `2,000 of 8,000 examples (drawn at random)`. */
export const examplesText = ({ examples, rows }: Pick<Paired, 'examples' | 'rows'>): string =>
  examples < rows
    ? `${formatCount(examples)} of ${formatCount(rows)} examples (drawn at random)`
    : `${formatCount(rows)} examples`

export const pText = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`)

/** Below this a difference is called one. */
const SIGNIFICANT = 0.05
export const isSignificant = ({ p }: Difference): boolean => p < SIGNIFICANT
