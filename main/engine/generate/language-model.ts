import { openTokenizer } from '../data/tokenizer.ts'
import type { Backend } from '../ir/executable.ts'
import { conversationEncoder } from './conversation.ts'
import { generate } from './generate.ts'
import { openGenerator } from './generator.ts'
import { labelScores } from './label-words.ts'
import type { ResolvedRequest, Responder } from './responder.ts'
import { trainingHabits } from './training-habits.ts'

/** The share of the context that is kept free for an answer, at most. */
const ANSWER_SHARE = 0.5

/** A model that continues texts: conversations, and where the training data has few answers their probabilities. */
export async function openLanguageModel(backend: Backend, request: ResolvedRequest): Promise<Responder> {
  const { config } = request
  const tokenizer = openTokenizer(config.model_name_or_path)
  const encoder = conversationEncoder(config, tokenizer)
  const habits = await trainingHabits(config)
  const generator = await openGenerator(backend, request)
  const { slots } = generator
  return {
    facts: {
      task: 'CAUSAL_LM',
      slots,
      template: encoder.template,
      memory: habits.answers.length === 0,
      system: encoder.template === 'chat' ? habits.system : '',
      instruction: habits.instruction,
      note: '',
    },
    answer: async ({ prompt, options }, hooks) => {
      const wanted = Math.min(options.max_new_tokens, Math.floor(ANSWER_SHARE * slots))
      const encoded = encoder.encode(prompt, slots - wanted)
      const stats = await generate(generator, tokenizer, encoded, options, hooks)
      const prediction =
        habits.answers.length === 0 || hooks.cancelled()
          ? null
          : await labelScores(generator, encoded.ids, habits.answers, (answer) => encoder.answerIds(prompt, answer))
      return { stats, prediction }
    },
    dispose: () => generator.dispose(),
  }
}
