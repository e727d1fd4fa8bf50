import type { GenerationOptions, GenerationStats } from '../../../shared/domain/chat.ts'
import { fault } from '../../../shared/domain/error.ts'
import type { Tokenizer } from '../data/tokenizer.ts'
import { seededRandom } from '../random.ts'
import type { EncodedPrompt } from './conversation.ts'
import type { Generator } from './generator.ts'
import { chooseToken } from './sampling.ts'
import { textStream } from './text-stream.ts'

export type GenerateHooks = {
  readonly onText: (text: string) => void
  readonly cancelled: () => boolean
  /** Lets messages in between tokens. */
  readonly breathe: () => Promise<void>
}

/** Tokens of a prompt that are fed between two looks at whether it was cancelled. */
const PIECE = 64

/** Continues a prompt until an end token, a stop string, the limit or the end of the cache. */
export async function generate(
  generator: Generator,
  tokenizer: Pick<Tokenizer, 'decode' | 'eosId'>,
  { ids: prompt, lead, droppedTurns }: EncodedPrompt,
  options: GenerationOptions,
  hooks: GenerateHooks,
): Promise<GenerationStats> {
  refuseLong(prompt.length, generator.slots)
  const ends = new Set([tokenizer.eosId, ...generator.endIds])
  const seen = new Set(prompt)
  const random = seededRandom(options.seed, 'generate')
  const stream = textStream(tokenizer.decode, options.stop_strings, lead)
  const began = performance.now()
  const reusedTokens = reusable(generator, prompt)
  let logits = await readPrompt(generator, prompt, reusedTokens, hooks)
  const answering = performance.now()
  let tokens = 0
  let reason: GenerationStats['reason'] = 'length'
  while (tokens < options.max_new_tokens) {
    await hooks.breathe()
    if (hooks.cancelled()) {
      reason = 'cancelled'
      break
    }
    const id = chooseToken(logits, seen, options, random)
    if (ends.has(id)) {
      reason = 'end'
      break
    }
    seen.add(id)
    tokens++
    const { text, stopped } = stream.push(id)
    if (text !== '') hooks.onText(text)
    if (stopped) {
      reason = 'stop'
      break
    }
    if (tokens === options.max_new_tokens) break
    const position = prompt.length + tokens - 1
    if (position >= generator.slots) {
      reason = 'context'
      break
    }
    logits = await generator.feed([id], position)
  }
  const rest = stream.end()
  if (rest !== '') hooks.onText(rest)
  return {
    promptTokens: prompt.length,
    reusedTokens,
    droppedTurns,
    tokens,
    seconds: (performance.now() - answering) / 1000,
    promptSeconds: (answering - began) / 1000,
    reason,
  }
}

/** The last token is fed in any case: its logits are what the answer begins with. */
const reusable = (generator: Generator, prompt: readonly number[]): number =>
  Math.min(generator.held(prompt), prompt.length - 1)

/** Feeds what the cache does not hold yet; logits behind the last token, or of where it was cancelled. */
async function readPrompt(
  generator: Generator,
  prompt: readonly number[],
  from: number,
  { cancelled, breathe }: GenerateHooks,
): Promise<Float32Array> {
  let logits = new Float32Array()
  for (let at = from; at < prompt.length && !(at > from && cancelled()); at += PIECE) {
    logits = Float32Array.from(await generator.feed(prompt.slice(at, at + PIECE), at))
    await breathe()
  }
  return logits
}

function refuseLong(length: number, slots: number): void {
  if (length > 0 && length < slots) return
  throw fault('bad-data', `The prompt has ${length} tokens, wanted 1 to ${slots - 1}.`, {
    hint: length === 0 ? 'Write something.' : 'Shorten the prompt.',
  })
}
