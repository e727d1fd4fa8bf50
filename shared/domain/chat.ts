import { z } from 'zod'

/** How an answer is generated; names of the effects as in transformers' generate. */
export const generationOptionsSchema = z.object({
  maxNewTokens: z.number().int().min(1).max(32_768).default(128),
  /** 0: always the likeliest token. */
  temperature: z.number().min(0).max(100).default(0),
  /** 0: all tokens. */
  topK: z.number().int().min(0).max(1_000_000).default(0),
  topP: z.number().gt(0).max(1).default(1),
  repetitionPenalty: z.number().gt(0).max(100).default(1),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0),
  stop: z.array(z.string().min(1).max(1000)).max(16).default([]),
})
export type GenerationOptions = z.output<typeof generationOptionsSchema>

/** What is asked: the text, and for templates that have one the instruction it goes with. */
export const chatPromptSchema = z.object({
  text: z.string().min(1).max(1_000_000),
  instruction: z.string().max(100_000).default(''),
})
export type ChatPrompt = z.output<typeof chatPromptSchema>

export const generationStatsSchema = z.object({
  promptTokens: z.number().int(),
  /** Of the answer, without the end token. */
  tokens: z.number().int(),
  promptSeconds: z.number(),
  seconds: z.number(),
  /** Why it ended: the end token, a stop string, the limit or a full context, or a cancel. */
  reason: z.enum(['end', 'stop', 'length', 'cancelled']),
})
export type GenerationStats = z.infer<typeof generationStatsSchema>
