import { fault } from '../../../shared/domain/error.ts'
import { type ChatTokens, chatWriter, type WriteChat } from './chat-template.ts'
import type { Row } from './read-rows.ts'

/** A row as text: the prompt is given, the completion is learnt. `closed`: the completion already ends with an end marker. */
export type Rendered = { readonly prompt: string; readonly completion: string; readonly closed: boolean }
export type Render = (row: Row) => Rendered

/**
 * The rendering that `prompt_template` names: alpaca, chat, text, auto (the chat template where the model has one, else
 * alpaca; text and prompt/completion rows as they are), or a text of one's own with {instruction} and {input}.
 */
export function templateOf(name: string, tokens: ChatTokens): Render {
  const write = chatWriter(tokens)
  const chat = write && chatRender(write)
  switch (name) {
    case 'auto':
      return (row) =>
        row.kind === 'text' ? asIs(row) : chat ? chat(row) : row.kind === 'pair' ? asIs(row) : alpaca(row)
    case 'alpaca':
      return alpaca
    case 'text':
      return asIs
    case 'chat':
      if (chat) return chat
      throw fault('bad-config', 'prompt_template: chat needs a chat template, and this model has none.', {
        hint: 'Use alpaca, text or a template of your own, or add chat_template.jinja to the model folder.',
      })
    default:
      return customRender(name)
  }
}

/** What a row asks and answers, whatever its fields are called. */
function task(row: Row, template: string): { instruction: string; input: string; output: string } {
  if (row.kind === 'instruction') return row
  if (row.kind === 'pair') return { instruction: row.prompt, input: '', output: row.completion }
  throw fault(
    'bad-config',
    `prompt_template: ${template} needs rows with instruction and output, line ${row.line} has text.`,
    {
      hint: 'Use the template text (or auto) for plain text.',
    },
  )
}

function asIs(row: Row): Rendered {
  if (row.kind === 'text') return { prompt: '', completion: row.text, closed: false }
  if (row.kind === 'pair') return bordered(row.prompt, row.completion)
  throw fault(
    'bad-config',
    `prompt_template: text needs rows with text or prompt, line ${row.line} has an instruction.`,
    {
      hint: 'Use auto, alpaca, chat or a template of your own with {instruction} and {input}.',
    },
  )
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

/** Whether rows go through the model's chat template under this name. */
export const usesChatTemplate = (name: string, { chatTemplate }: ChatTokens): boolean =>
  name === 'chat' || (name === 'auto' && chatTemplate !== null)

function chatRender(write: WriteChat): Render {
  return (row) => {
    const { instruction, input, output } = task(row, 'chat')
    const user = { role: 'user' as const, content: askedText(instruction, input) }
    const prompt = write([user], true)
    const whole = write([user, { role: 'assistant', content: output }], false)
    if (!whole.startsWith(prompt)) throw notAPrefix(prompt)
    const completion = whole.slice(prompt.length)
    const closed = completion.trimEnd() !== output.trimEnd() && completion.trimEnd() !== output.trim()
    return { prompt, completion: closed ? completion.trimEnd() : completion, closed }
  }
}

const notAPrefix = (prompt: string) =>
  fault(
    'bad-config',
    'prompt_template: the chat template writes a conversation that does not start with its own prompt.',
    {
      hint: 'Use alpaca or a template of your own for this model.',
      details: [`The prompt ends with ${JSON.stringify(prompt.slice(-80))}`],
    },
  )
