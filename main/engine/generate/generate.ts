import type { GenerationOptions, GenerationStats } from '../../../shared/domain/chat.ts'
import { fault } from '../../../shared/domain/error.ts'
import type { Tokenizer } from '../data/tokenizer.ts'
import { seededRandom } from '../random.ts'
import type { Generator } from './generator.ts'
import { chooseToken } from './sampling.ts'
import { textStream } from './text-stream.ts'

export type GenerateHooks = {
  readonly onText: (text: string) => void
  readonly cancelled: () => boolean
  /** Lets messages in between tokens. */
  readonly breathe: () => Promise<void>
}

/** Continues `prompt` (token ids) until an end token, a stop string, the limit or the end of the cache. */
export async function generate(
  generator: Generator,
  tokenizer: Pick<Tokenizer, 'decode' | 'eosId'>,
  prompt: readonly number[],
  options: GenerationOptions,
  hooks: GenerateHooks,
): Promise<GenerationStats> {
  refuseLong(prompt.length, generator.slots)
  const ends = new Set([tokenizer.eosId, ...generator.endIds])
  const seen = new Set(prompt)
  const random = seededRandom(options.seed, 'generate')
  const stream = textStream(tokenizer.decode, options.stop)
  const began = performance.now()
  let logits = await generator.feed(prompt, 0)
  const answering = performance.now()
  let tokens = 0
  let reason: GenerationStats['reason'] = 'length'
  while (tokens < options.maxNewTokens) {
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
    const position = prompt.length + tokens - 1
    if (position >= generator.slots || tokens === options.maxNewTokens) break
    logits = await generator.feed([id], position)
  }
  const rest = stream.end()
  if (rest !== '') hooks.onText(rest)
  return {
    promptTokens: prompt.length,
    tokens,
    seconds: (performance.now() - answering) / 1000,
    promptSeconds: (answering - began) / 1000,
    reason,
  }
}

function refuseLong(length: number, slots: number): void {
  if (length > 0 && length < slots) return
  throw fault('bad-data', `The prompt has ${length} tokens, wanted 1 to ${slots - 1}.`, {
    hint: length === 0 ? 'Write something.' : 'Shorten the prompt.',
  })
}
