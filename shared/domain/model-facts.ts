import { z } from 'zod'

/** Something that stands in the way, with its cure; `field` is the setting it is about, or ''. */
export const problemSchema = z.object({ field: z.string(), message: z.string(), hint: z.string() })
export type Problem = z.infer<typeof problemSchema>

/** What a model folder holds, read from its configuration and the headers of its weight files. */
export const modelFactsSchema = z.object({
  folder: z.string(),
  /** `architectures[0]` and `model_type` of config.json; '' where unknown. */
  architecture: z.string(),
  modelType: z.string(),
  parameters: z.number().int().nullable(),
  layers: z.number().int().nullable(),
  hiddenSize: z.number().int().nullable(),
  vocabSize: z.number().int().nullable(),
  maxPositions: z.number().int().nullable(),
  /** Bytes of the weight files, how many there are, and the share of numbers stored in each format. */
  bytes: z.number(),
  files: z.number().int(),
  dtypes: z.array(z.object({ dtype: z.string(), share: z.number() })),
  tokenizer: z
    .object({ kind: z.string(), endToken: z.string(), addsStart: z.boolean(), chatTemplate: z.boolean() })
    .nullable(),
  /** Last parts of the names of its linear layers: what `target_modules` may say. */
  linears: z.array(z.string()),
  /** The same of its embeddings, which `all-linear` leaves out. */
  embeddings: z.array(z.string()),
  /** What transformers drops at random in training: probabilities by the fields of config.json; null where unknown. */
  dropouts: z.record(z.string(), z.number()).nullable(),
  trainable: z.boolean(),
  problems: z.array(problemSchema),
})
export type ModelFacts = z.infer<typeof modelFactsSchema>
