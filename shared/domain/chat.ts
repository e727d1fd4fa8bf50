import { z } from 'zod'
import { studioErrorSchema } from './error.ts'
import { TASK_TYPES } from './run-config.ts'

/** How an answer is generated; names and effects are those of transformers' generate (`temperature` 0: do_sample false). */
export const generationOptionsSchema = z.object({
  max_new_tokens: z.number().int().min(1).max(32_768).default(128),
  /** 0: always the likeliest token. */
  temperature: z.number().min(0).max(100).default(0),
  /** 0: all tokens. */
  top_k: z.number().int().min(0).max(1_000_000).default(0),
  top_p: z.number().gt(0).max(1).default(1),
  repetition_penalty: z.number().gt(0).max(100).default(1),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0),
  stop_strings: z.array(z.string().min(1).max(1000)).max(16).default([]),
})
export type GenerationOptions = z.output<typeof generationOptionsSchema>

/** What goes with every text of a conversation. */
export const chatFrameSchema = z.object({
  /** System message; only chat templates have a place for it. */
  system: z.string().max(100_000).default(''),
  /** Goes with each text as the instruction of a training row goes with its input; '' is none. */
  instruction: z.string().max(100_000).default(''),
  /** Whether earlier turns are part of the prompt. */
  memory: z.boolean().default(true),
})
export type ChatFrame = z.output<typeof chatFrameSchema>

export const chatTextSchema = z.string().min(1).max(1_000_000)

/** A prompt as the engine gets it: the turns so far and the text to answer. */
export const chatPromptSchema = chatFrameSchema.extend({
  history: z.array(z.object({ user: z.string(), assistant: z.string() })).default([]),
  text: chatTextSchema,
})
export type ChatPrompt = z.output<typeof chatPromptSchema>

export const generationStatsSchema = z.object({
  promptTokens: z.number().int(),
  /** Of the prompt, those that were still in the model's cache. */
  reusedTokens: z.number().int(),
  /** Earlier turns left out because the context is full; the oldest go first. */
  droppedTurns: z.number().int(),
  /** Of the answer, without the end token. */
  tokens: z.number().int(),
  promptSeconds: z.number(),
  seconds: z.number(),
  /** Why it ended: the end token, a stop string, max_new_tokens, a full context, or a cancel. */
  reason: z.enum(['end', 'stop', 'length', 'context', 'cancelled']),
})
export type GenerationStats = z.infer<typeof generationStatsSchema>

/** What a model makes of a text whose answer is one of few: a probability for each label, or the number of a regression. */
export const predictionSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('labels'),
    /** Likeliest first. Exclusive ones add up to 1 at most: a language model may say something else altogether. */
    scores: z.array(z.object({ label: z.string(), probability: z.number() })),
    exclusive: z.boolean(),
  }),
  z.object({ kind: z.literal('value'), value: z.number() }),
])
export type Prediction = z.infer<typeof predictionSchema>

const path = z.string().trim().min(1).max(4096)

/** A model one can talk to. `step`: of the checkpoint; null is the best one, else the newest. */
export const chatModelSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('tuned'),
    runId: z.string().min(1).max(64),
    step: z.number().int().min(0).nullable().default(null),
  }),
  z.object({ kind: z.literal('base'), runId: z.string().min(1).max(64) }),
  z.object({ kind: z.literal('folder'), folder: path }),
  /** An adapter folder as PEFT writes it, on its base model. */
  z.object({ kind: z.literal('adapter'), base: path, adapter: path }),
])
export type ChatModel = z.output<typeof chatModelSchema>

/** Models of one conversation, beside each other. */
export const MAX_CHAT_MODELS = 6

/** What the engine tells of a model once it is loaded. */
export const chatFactsSchema = z.object({
  device: z.string(),
  task: z.enum(TASK_TYPES),
  /** Tokens that prompt and answer may have together. */
  slots: z.number().int(),
  /** How texts reach the model: its chat template, the run's prompt template, or as they are (classifiers). */
  template: z.enum(['chat', 'prompt', 'none']),
  /** Whether earlier turns help: not where every text is judged by itself. */
  memory: z.boolean(),
  /** System message and instruction of the training data, or '' where its rows have none. */
  system: z.string(),
  instruction: z.string(),
  /** What the reader should know of the answers, or ''. */
  note: z.string(),
})
export type ChatFacts = z.infer<typeof chatFactsSchema>

export const chatAnswerSchema = z.object({
  status: z.enum(['waiting', 'answering', 'done', 'failed']),
  text: z.string(),
  stats: generationStatsSchema.nullable(),
  prediction: predictionSchema.nullable(),
  error: studioErrorSchema.nullable(),
})
export type ChatAnswer = z.infer<typeof chatAnswerSchema>

/** Something the user said, and what each model answered, in the order of the models. */
export const chatTurnSchema = z.object({ id: z.number().int(), text: z.string(), answers: z.array(chatAnswerSchema) })
export type ChatTurn = z.infer<typeof chatTurnSchema>

/** `unloaded`: not in memory; the next text loads it again. */
export const CHAT_MODEL_STATUSES = ['loading', 'ready', 'unloaded', 'failed'] as const

export const chatModelStateSchema = z.object({
  model: chatModelSchema,
  /** Name of the run, or of the folder. */
  name: z.string(),
  /** Which of its weights: a checkpoint, the base model, the path. */
  detail: z.string(),
  status: z.enum(CHAT_MODEL_STATUSES),
  /** What is being done, while it loads. */
  phase: z.string().nullable(),
  error: studioErrorSchema.nullable(),
  /** Null until it was loaded once. */
  facts: chatFactsSchema.nullable(),
})
export type ChatModelState = z.infer<typeof chatModelStateSchema>

/** A conversation with one or more models, as the host holds it. */
export const chatStateSchema = z.object({
  chatId: z.string(),
  models: z.array(chatModelStateSchema),
  turns: z.array(chatTurnSchema),
  /** Of the last text, for the page that opens the conversation again; null before the first. */
  frame: chatFrameSchema.nullable(),
  options: generationOptionsSchema.nullable(),
})
export type ChatState = z.infer<typeof chatStateSchema>

/** A conversation of an earlier day or of now, as a list shows it; the last used comes first. */
export const chatEntrySchema = z.object({
  chatId: z.string(),
  models: z.array(chatModelSchema),
  /** How the models are called. */
  names: z.array(z.string()),
  /** The first text. */
  title: z.string(),
  turns: z.number().int(),
  usedAt: z.number(),
})
export type ChatEntry = z.infer<typeof chatEntrySchema>

export const isAnswering = ({ turns }: Pick<ChatState, 'turns'>): boolean =>
  turns.at(-1)?.answers.some(({ status }) => status === 'waiting' || status === 'answering') ?? false
