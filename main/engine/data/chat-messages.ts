import { shown } from '../../../shared/domain/shown.ts'
import { isJsonObject, type JsonObject } from '../formats/json-file.ts'
import type { ChatMessage } from './chat-template.ts'
import type { FieldReader } from './field-reader.ts'

/** One turn of a conversation; what the assistant says is learnt unless the row says otherwise. */
export type Message = ChatMessage & { readonly learnt: boolean }

const MAX_MESSAGES = 2_000

/** Roles as OpenAI's format and ShareGPT's name them. */
const ROLES: Readonly<Record<string, Message['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  gpt: 'assistant',
  chatgpt: 'assistant',
  bot: 'assistant',
  model: 'assistant',
  tool: 'tool',
  function: 'tool',
  observation: 'tool',
}

/** Columns that hold a conversation. */
const COLUMNS = ['messages', 'conversations', 'conversation'] as const

/**
 * The conversation of a row, or null where it has none: a list of OpenAI messages (role, content) or ShareGPT turns
 * (from, value), or TRL's prompt and completion as lists. A "system" column goes before a conversation without one.
 */
export function messagesOf(value: JsonObject, fields: FieldReader): readonly Message[] | null {
  const column = COLUMNS.find((name) => name in value)
  if (column !== undefined) return checked(withSystem(read(fields, column, true), value.system), column, fields)
  if (!fields.isList('prompt') || !fields.isList('completion')) return null
  return checked([...read(fields, 'prompt', false), ...read(fields, 'completion', true)], 'completion', fields)
}

function read(fields: FieldReader, column: string, learns: boolean): Message[] {
  const list = fields.list(column)
  if (list.length > MAX_MESSAGES)
    fields.complain(`"${column}" has ${list.length} messages, at most ${MAX_MESSAGES} are read`)
  return list.slice(0, MAX_MESSAGES).map((message, i) => {
    const parsed = messageOf(message, learns)
    if (typeof parsed !== 'string') return parsed
    fields.complain(`message ${i + 1} of "${column}" ${parsed}`)
    return { role: 'user', content: '', learnt: false }
  })
}

function messageOf(message: unknown, learns: boolean): Message | string {
  if (!isJsonObject(message)) return 'is no object with "role" and "content" (or "from" and "value")'
  const name = message.role ?? message.from
  const role =
    typeof name === 'string' && Object.hasOwn(ROLES, name.toLowerCase()) ? ROLES[name.toLowerCase()] : undefined
  if (role === undefined) return `has the role ${shown(name, 60)}, wanted system, user, assistant or tool`
  const content = contentText(message.content ?? message.value)
  if (content === null) return 'has no text as its content'
  // OpenAI's fine-tuning format gives answers that are not to be learnt the weight 0.
  return { role, content, learnt: learns && role === 'assistant' && message.weight !== 0 }
}

/** A text, or the texts of OpenAI's content parts together; null where there is anything else. */
function contentText(content: unknown): string | null {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return null
  const texts = content.map((part: unknown) => (isJsonObject(part) && typeof part.text === 'string' ? part.text : null))
  return texts.includes(null) ? null : texts.join('')
}

const withSystem = (messages: readonly Message[], system: unknown): readonly Message[] =>
  typeof system === 'string' && system.trim() !== '' && messages[0]?.role !== 'system'
    ? [{ role: 'system', content: system, learnt: false }, ...messages]
    : messages

function checked(messages: readonly Message[], column: string, fields: FieldReader): readonly Message[] {
  const answers = messages.some(({ learnt }) => learnt)
  if (!answers && fields.complaints.length === 0) fields.complain(`"${column}" has no answer of the assistant to learn`)
  return messages
}
