import type { ChatPrompt } from '../../../shared/domain/chat.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { ChatMessage, WriteChat } from '../data/chat-template.ts'
import type { Row } from '../data/read-rows.ts'
import { tokenise } from '../data/samples.ts'
import { askedText, chatWriterOf, type Render, templateOf } from '../data/template.ts'
import type { Tokenizer } from '../data/tokenizer.ts'

/** A conversation as token ids, up to where the next answer begins. */
export type EncodedPrompt = {
  readonly ids: readonly number[]
  /** What an answer begins with because the template's end went over to it (a space); no part of what is said. */
  readonly lead: string
  /** Earliest turns left out to make room. */
  readonly droppedTurns: number
}

export type ConversationEncoder = {
  readonly template: 'chat' | 'prompt'
  /** At most `room` tokens where leaving out earlier turns can do it; the last text is never cut. */
  encode(prompt: ChatPrompt, room: number): EncodedPrompt
  /** Tokens of an answer to the prompt, end token included, exactly as in a training row. */
  answerIds(prompt: ChatPrompt, answer: string): number[]
}

type Encode = (prompt: ChatPrompt) => Omit<EncodedPrompt, 'droppedTurns'>

/** Conversations go through the chat template where the run's rows do, else turn by turn through the run's own template. */
export function conversationEncoder(
  { prompt_template: name }: Pick<RunConfig, 'prompt_template'>,
  tokenizer: Tokenizer,
): ConversationEncoder {
  const render = templateOf(name, tokenizer)
  const write = chatWriterOf(name, tokenizer)
  const encode = write ? throughChat(write, tokenizer) : turnByTurn(name, render, tokenizer)
  return {
    template: write ? 'chat' : 'prompt',
    encode: (prompt, room) => fitted(prompt, room, encode),
    answerIds: (prompt, answer) => {
      const { ids, promptLength } = tokenise(render(rowOf(prompt.text, answer, prompt, name)), tokenizer)
      return ids.slice(promptLength)
    },
  }
}

/** The fewest turns are left out, found by bisection: fewer turns never make a longer prompt. */
function fitted(prompt: ChatPrompt, room: number, encode: Encode): EncodedPrompt {
  const history = prompt.memory ? prompt.history : []
  const without = (dropped: number) => ({
    ...encode({ ...prompt, history: history.slice(dropped) }),
    droppedTurns: dropped,
  })
  const whole = without(0)
  if (whole.ids.length <= room || history.length === 0) return whole
  let [tooMany, enough] = [0, history.length]
  while (enough - tooMany > 1) {
    const middle = (tooMany + enough) >> 1
    if (without(middle).ids.length <= room) enough = middle
    else tooMany = middle
  }
  return without(enough)
}

/** The start token comes first where the tokenizer wants one, as in training. */
const promptIds = (text: string, tokenizer: Tokenizer): readonly number[] =>
  tokenise({ prompt: text, completion: '', closed: true }, tokenizer).ids

const throughChat =
  (write: WriteChat, tokenizer: Tokenizer): Encode =>
  ({ system, instruction, history, text }) => {
    const asked = (said: string) => (instruction === '' ? said : askedText(instruction, said))
    const messages: ChatMessage[] = [
      ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
      ...history.flatMap(({ user, assistant }) => [
        { role: 'user' as const, content: asked(user) },
        { role: 'assistant' as const, content: assistant },
      ]),
      { role: 'user', content: asked(text) },
    ]
    return { ids: promptIds(write(messages, true), tokenizer), lead: '' }
  }

/** Each earlier turn is a whole training row, its end token included; only the first row has a start token. */
const turnByTurn =
  (name: string, render: Render, tokenizer: Tokenizer): Encode =>
  (prompt) => {
    const rows = prompt.history.map(({ user, assistant }) => rowOf(user, assistant, prompt, name))
    const earlier = rows.map((row) => tokenise(render(row), tokenizer).ids)
    const asked = render(rowOf(prompt.text, '', prompt, name))
    const { ids, promptLength } = tokenise(asked, tokenizer)
    const parts = [...earlier, ids.slice(0, promptLength)]
    const starts = (part: readonly number[]) => tokenizer.addsBos && part[0] === tokenizer.bosId
    return {
      ids: parts.flatMap((part, i) => (i > 0 && starts(part) ? part.slice(1) : part)),
      lead: asked.closed ? '' : asked.completion,
    }
  }

function rowOf(text: string, answer: string, { instruction }: ChatPrompt, template: string): Row {
  if (template === 'text' || instruction === '') return { line: 1, kind: 'pair', prompt: text, completion: answer }
  return { line: 1, kind: 'instruction', instruction, input: text, output: answer }
}
