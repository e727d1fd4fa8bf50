import { fault } from '../../../shared/domain/error.ts'
import type { Message } from './chat-messages.ts'
import { CHATML, type ChatTokens, chatWriter, type WriteChat } from './chat-template.ts'
import type { Row } from './read-rows.ts'

/** A text that is given and one that is learnt. */
export type Exchange = { readonly prompt: string; readonly completion: string }

/**
 * A row as text: the prompt is given, the completion is learnt, and so on for the `later` turns of a conversation.
 * `closed`: the last completion already ends with an end marker.
 */
export type Rendered = Exchange & { readonly later?: readonly Exchange[]; readonly closed: boolean }
export type Render = (row: Row) => Rendered

/**
 * The rendering that `prompt_template` names: alpaca, chat, chatml, text, auto (the chat template where the model has one, else
 * alpaca; text and prompt/completion rows as they are), or a text of one's own with {instruction} and {input}.
 */
export function templateOf(name: string, tokens: ChatTokens): Render {
  const write = chatWriterOf(name, tokens)
  const chat = write && chatRender(write)
  switch (name) {
    case 'auto':
      return (row) => {
        if (row.kind === 'text') return asIs(row)
        if (chat) return chat(row)
        return row.kind === 'pair' ? asIs(row) : alpaca(row)
      }
    case 'alpaca':
      return alpaca
    case 'text':
      return asIs
    case 'chat':
    case 'chatml':
      if (chat) return chat
      throw fault('bad-config', 'prompt_template: chat needs a chat template, and this model has none.', {
        hint: 'Use chatml, alpaca, text or a template of your own, or add chat_template.jinja to the model folder.',
      })
    default:
      return customRender(name)
  }
}

/** What a row asks and answers, whatever its fields are called. */
function task(row: Row, template: string): { instruction: string; input: string; output: string } {
  if (row.kind === 'instruction') return row
  if (row.kind === 'pair') return { instruction: row.prompt, input: '', output: row.completion }
  if (row.kind === 'chat') return singleTurn(row.messages, template)
  throw fault('bad-config', `prompt_template: ${template} needs rows with instruction and output, this one has text.`, {
    hint: 'Use the template text (or auto) for plain text.',
  })
}

/** One question and one answer can be written as any row; what goes to and fro needs a template for conversations. */
function singleTurn(messages: readonly Message[], template: string) {
  const [question, answer, ...more] = messages.filter(({ role }) => role !== 'system')
  const system = messages.find(({ role }) => role === 'system')?.content
  if (question?.role === 'user' && answer?.role === 'assistant' && more.length === 0) {
    return system === undefined
      ? { instruction: question.content, input: '', output: answer.content }
      : { instruction: system, input: question.content, output: answer.content }
  }
  throw fault('bad-config', `prompt_template: ${template} cannot write a conversation of several turns.`, {
    hint: 'Use the template chat, or chatml where the model has no chat template of its own.',
  })
}

function asIs(row: Row): Rendered {
  if (row.kind === 'text') return { prompt: '', completion: row.text, closed: false }
  if (row.kind === 'pair') return bordered(row.prompt, row.completion)
  const got = row.kind === 'chat' ? 'a conversation' : 'an instruction'
  throw fault('bad-config', `prompt_template: text needs rows with text or prompt, this one has ${got}.`, {
    hint: 'Use auto, alpaca, chat or a template of your own with {instruction} and {input}.',
  })
}

/** The wording of the Stanford Alpaca data set. */
function alpaca(row: Row): Rendered {
  const { instruction, input, output } = task(row, 'alpaca')
  const context = input === '' ? '' : ', paired with an input that provides further context'
  const prompt = [
    `Below is an instruction that describes a task${context}. Write a response that appropriately completes the request.`,
    `### Instruction:\n${instruction}`,
    ...(input === '' ? [] : [`### Input:\n${input}`]),
    '### Response:\n',
  ].join('\n\n')
  return bordered(prompt, output)
}

const placeholder = /\{(\w+)\}/g
const placeholders = ['instruction', 'input']

function customRender(template: string): Render {
  const used = [...template.matchAll(placeholder)].map(([, name]) => name as string)
  const unknown = [...new Set(used.filter((name) => !placeholders.includes(name)))]
  if (unknown.length > 0) {
    throw fault(
      'bad-config',
      `prompt_template: unknown placeholder {${unknown.join('}, {')}}, wanted {instruction} or {input}.`,
      {
        hint: 'The output of a row follows the template by itself; it has no placeholder.',
      },
    )
  }
  if (used.length === 0) {
    throw fault(
      'bad-config',
      `prompt_template: "${template.slice(0, 60)}" is no known template and has no placeholder.`,
      {
        hint: 'Use auto, alpaca, chat, text, or a text with {instruction} and {input}.',
      },
    )
  }
  return (row) => {
    const { instruction, input, output } = task(row, 'a template with placeholders')
    // One pass with a function: braces and dollar signs in the data stay what they are.
    return bordered(
      template.replace(placeholder, (_, name) => (name === 'input' ? input : instruction)),
      output,
    )
  }
}

/** Spaces at the end of a prompt go to the completion: byte-pair vocabularies hold words with the space before them. */
function bordered(prompt: string, completion: string): Rendered {
  const trimmed = prompt.replace(/ +$/, '')
  return { prompt: trimmed, completion: prompt.slice(trimmed.length) + completion, closed: false }
}

/** What a user says to a chat template: an instruction and what it is about. */
export const askedText = (instruction: string, input: string): string =>
  input === '' ? instruction : `${instruction}\n\n${input}`

/** What writes conversations where rows go through a chat template under this name: the model's own, or ChatML. */
export function chatWriterOf(name: string, tokens: ChatTokens): WriteChat | null {
  if (name === 'chatml') return chatWriter({ ...tokens, chatTemplate: CHATML })
  return name === 'chat' || name === 'auto' ? chatWriter(tokens) : null
}

function chatRender(write: WriteChat): Render {
  let closing: string | undefined
  return (row) => {
    const messages = messagesIn(row)
    closing ??= closingOf(write)
    return conversation(messages, write, closing)
  }
}

function messagesIn(row: Row): readonly Message[] {
  if (row.kind === 'chat') return row.messages
  const { instruction, input, output } = task(row, 'chat')
  return [message('user', askedText(instruction, input)), message('assistant', output)]
}

const message = (role: Message['role'], content: string): Message => ({ role, content, learnt: role === 'assistant' })

/** A text that no template writes by itself. */
const STAND_IN = '\u{F8FF}answer\u{F8FF}'

/** What the template writes behind an answer: its end marker, or nothing. */
function closingOf(write: WriteChat): string {
  const whole = write([message('user', 'a'), message('assistant', STAND_IN)], false)
  const at = whole.indexOf(STAND_IN)
  if (at < 0) throw changedAnswer(STAND_IN)
  return whole.slice(at + STAND_IN.length).trimEnd()
}

/**
 * The whole conversation as the template writes it, cut where each answer begins and ends: it begins where the template
 * would let the model go on, and ends behind the end marker.
 */
function conversation(all: readonly Message[], write: WriteChat, closing: string): Rendered {
  const turns = all.flatMap(({ learnt }, i) => (learnt ? [i] : []))
  const last = turns.at(-1) ?? all.length - 1
  const whole = write(all.slice(0, last + 1), false)
  const exchanges: Exchange[] = []
  let done = 0
  for (const turn of turns) {
    const prompt = write(all.slice(0, turn), true)
    if (!whole.startsWith(prompt)) throw notAPrefix(prompt)
    const begin = prompt.length
    const end = turn < last ? endOf(whole, begin, all[turn] as Message, closing) : whole.length
    exchanges.push({ prompt: whole.slice(done, begin), completion: whole.slice(begin, end) })
    done = end
  }
  const final = exchanges.at(-1) as Exchange
  const closed = closing !== ''
  const [first, ...later] = [
    ...exchanges.slice(0, -1),
    { ...final, completion: closed ? final.completion.trimEnd() : final.completion },
  ]
  return { ...(first as Exchange), ...(later.length > 0 && { later }), closed }
}

/** Where an answer ends that begins at `begin`, its end marker included. */
function endOf(whole: string, begin: number, { content }: Message, closing: string): number {
  const text = content.trim()
  const at = whole.startsWith(text, begin) ? begin : whole.indexOf(text, begin)
  if (at < 0) throw changedAnswer(text)
  const end = at + text.length
  return whole.startsWith(closing, end) ? end + closing.length : end
}

const changedAnswer = (answer: string) =>
  fault('bad-config', 'prompt_template: the chat template changes the text of an answer.', {
    hint: 'Use chatml, alpaca or a template of your own for this model.',
    details: [`The answer begins with ${JSON.stringify(answer.slice(0, 80))}`],
  })

const notAPrefix = (prompt: string) =>
  fault(
    'bad-config',
    'prompt_template: the chat template writes a conversation that does not start with its own prompt.',
    {
      hint: 'Use chatml, alpaca or a template of your own for this model.',
      details: [`The prompt ends with ${JSON.stringify(prompt.slice(-80))}`],
    },
  )
