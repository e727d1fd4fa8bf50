import { Template as JinjaTemplate } from '@huggingface/jinja'
import { fault } from '../../../shared/domain/error.ts'
import { within } from '../formats/time-limit.ts'
import type { Tokenizer } from './tokenizer.ts'

export type ChatTokens = Pick<Tokenizer, 'chatTemplate' | 'bosToken' | 'eosToken'>
export type ChatMessage = { readonly role: 'system' | 'user' | 'assistant' | 'tool'; readonly content: string }

/** Messages as text; with `add_generation_prompt` up to where the next answer begins (names as in transformers). */
export type WriteChat = (messages: readonly ChatMessage[], add_generation_prompt: boolean) => string

/** ChatML, for models that come without a chat template; what most of those that have one use. */
export const CHATML =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

/** One conversation is written in well under a millisecond. */
const TEMPLATE_SECONDS = 2

/** The model's own chat template, or null where it has none; each writing may take `seconds`. */
export function chatWriter(
  { chatTemplate, bosToken, eosToken }: ChatTokens,
  seconds = TEMPLATE_SECONDS,
): WriteChat | null {
  if (chatTemplate === null) return null
  const parsed = onTemplate('cannot be parsed', seconds, () => new JinjaTemplate(chatTemplate))
  return (messages, add_generation_prompt) =>
    onTemplate('failed', seconds, () =>
      parsed.render({ messages, add_generation_prompt, bos_token: bosToken ?? '', eos_token: eosToken }),
    )
}

function onTemplate<T>(what: string, seconds: number, work: () => T): T {
  try {
    return within(seconds, () => new Error('it takes too long'), work)
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '').slice(0, 300)
    throw fault('bad-config', `prompt_template: the model's chat template ${what}: ${reason}.`, {
      hint: 'Use chatml, alpaca or a template of your own for this model.',
    })
  }
}
