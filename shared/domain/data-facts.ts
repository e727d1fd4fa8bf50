import { z } from 'zod'
import { ROW_PLACES } from './data-files.ts'
import { problemSchema } from './model-facts.ts'
import { columnsSchema, PROBLEM_TYPES, TASK_TYPES } from './run-config.ts'

/** What is asked about a data file; the settings are those of a run. Without a model only the rows are shown. */
export const dataQuestionSchema = z.object({
  file: z.string().min(1).max(4096),
  model: z.string().max(4096).nullable(),
  /** Held against the file: rows in both are named. */
  validationFile: z.string().max(4096).nullable(),
  columns: columnsSchema,
  /**
   * Rows of other tasks than continuing text are read by their own rules, and not shown token by token; `auto`: as what they
   * look like.
   */
  taskType: z.enum([...TASK_TYPES, 'auto']),
  problemType: z.enum(PROBLEM_TYPES),
  promptTemplate: z.string().min(1).max(20_000),
  trainOnInputs: z.boolean(),
  maxSeqLength: z.number().int().min(8).max(32_768),
})
export type DataQuestion = z.infer<typeof dataQuestionSchema>

/** What rows can be learnt for. */
export const dataTaskSchema = z.object({ taskType: z.enum(TASK_TYPES), problemType: z.enum(PROBLEM_TYPES) })
export type DataTask = z.infer<typeof dataTaskSchema>

export const LINT_KINDS = ['duplicate', 'empty-output', 'overlap', 'truncated', 'dropped'] as const
/** A finding about rows of a file; `lines` names the first of them, counted from 1. */
export const lintSchema = z.object({
  kind: z.enum(LINT_KINDS),
  rows: z.number().int(),
  lines: z.array(z.number().int()),
})
export type LintFinding = z.infer<typeof lintSchema>

/** Neighbouring tokens that are all given or all learnt; `cut` ones lie behind max_seq_length. */
export const tokenPieceSchema = z.object({ text: z.string(), kind: z.enum(['prompt', 'trained', 'cut']) })
export type TokenPiece = z.infer<typeof tokenPieceSchema>

export const dataFactsSchema = z.object({
  file: z.string(),
  bytes: z.number(),
  /** What rows are counted by: `line` below is a row's number where the file has no lines. */
  place: z.enum(ROW_PLACES),
  /** Null where the rows could not be read. */
  rows: z.number().int().nullable(),
  /** How the rows were understood, in words, and the columns of the file. */
  format: z.string(),
  columns: z.array(z.string()),
  /** What the first row looks like it is for, by its columns; null where it cannot be told. */
  looksLike: dataTaskSchema.nullable(),
  /** How many rows (or tokens of them) have each label, the most frequent first; empty where there are none. */
  labels: z.array(z.object({ label: z.string(), count: z.number().int() })),
  /** Different labels in all. */
  labelKinds: z.number().int(),
  /** The first rows, a text for each column. */
  preview: z.array(z.object({ line: z.number().int(), cells: z.array(z.string()) })),
  /** The first rows as the model sees them, a piece for each token. */
  samples: z.array(z.object({ line: z.number().int(), tokens: z.number().int(), pieces: z.array(tokenPieceSchema) })),
  /** Rows by their length in tokens; `to` is not in the bin. */
  histogram: z.array(z.object({ from: z.number().int(), to: z.number().int(), rows: z.number().int() })),
  lengths: z
    .object({
      /** Rows the lengths were taken of: all, or the first ones of a large file. */
      measured: z.number().int(),
      shortest: z.number().int(),
      median: z.number().int(),
      longest: z.number().int(),
      tokens: z.number().int(),
      trained: z.number().int(),
      /** Shares of positions that would be padding; null where no row is trained on. */
      padding: z.object({ longest: z.number(), buckets: z.number(), packed: z.number() }).nullable(),
    })
    .nullable(),
  lint: z.array(lintSchema),
  problems: z.array(problemSchema),
})
export type DataFacts = z.infer<typeof dataFactsSchema>
