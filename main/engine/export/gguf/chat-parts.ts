import type { ChatMessage, WriteChat } from '../../data/chat-template.ts'

/** What a chat template writes around each text; together with the texts, all it writes. */
export type ChatParts = {
  /** Around the system message, up to the first question; null: the template takes none. */
  readonly system: readonly [before: string, after: string] | null
  readonly user: readonly [before: string, after: string]
  /** Behind an answer. */
  readonly closing: string
  /** The system message that the template puts in where a conversation has none. */
  readonly assumed: string | null
}

/** Texts that no template writes by itself. */
const mark = (name: string) => `\u{F8FF}${name}\u{F8FF}`
const system = (text: string): ChatMessage => ({ role: 'system', content: text })
const user = (text: string): ChatMessage => ({ role: 'user', content: text })
const assistant = (text: string): ChatMessage => ({ role: 'assistant', content: text })
const [S, U1, A1, U2, A2, U3] = ['system', 'u1', 'a1', 'u2', 'a2', 'u3'].map(mark) as [
  string,
  string,
  string,
  string,
  string,
  string,
]

/**
 * The parts of a chat template, found by letting it write conversations; null where it does not write them turn by turn in
 * the same way. `bos` is what the tokenizer itself begins with.
 */
export function chatParts(write: WriteChat, bos: string): ChatParts | null {
  const said = (messages: readonly ChatMessage[], ask = true) => attempt(() => withoutBos(write(messages, ask), bos))
  const [before, asking] = around(said([user(U1)]), [U1]) ?? []
  const [, , next] = around(said([user(U1), assistant(A1), user(U2)]), [U1, A1, U2]) ?? []
  const [, , closing] = around(said([user(U1), assistant(A1)], false), [U1, A1]) ?? []
  if (before === undefined || asking === undefined || next === undefined || closing === undefined) return null
  if (!next.startsWith(closing)) return null
  const asked = next.slice(closing.length)
  const opened = around(said([system(S), user(U1)]), [S, U1])
  const system_ = opened ? ([opened[0], opened[1]] as const) : null
  const assumed = assumedSystem(before, asked, system_)
  if (assumed === undefined) return null
  const parts: ChatParts = { system: system_ as ChatParts['system'], user: [asked, asking], closing, assumed }
  return writesAlike(parts, said) ? parts : null
}

/** null: none is assumed; undefined: what the template begins with is no system message. */
function assumedSystem(
  before: string,
  asked: string,
  system: readonly [string | undefined, string | undefined] | null,
): string | null | undefined {
  if (before === asked) return null
  const [opening, ending] = system ?? []
  if (opening === undefined || ending === undefined) return undefined
  const fits = before.startsWith(opening) && before.endsWith(ending) && before.length > opening.length + ending.length
  return fits ? before.slice(opening.length, before.length - ending.length) : undefined
}

type Say = (messages: readonly ChatMessage[], ask?: boolean) => string | null

/** Longer conversations come out as their parts say. */
function writesAlike({ system: parts, user: [before, after], closing, assumed }: ChatParts, said: Say): boolean {
  const later = `${A1}${closing}${before}${U2}${after}${A2}${closing}${before}${U3}${after}`
  const turns = [user(U1), assistant(A1), user(U2), assistant(A2), user(U3)]
  const opening = assumed === null || !parts ? before : `${parts[0]}${assumed}${parts[1]}`
  if (said(turns) !== `${opening}${U1}${after}${later}`) return false
  return !parts || said([system(S), ...turns]) === `${parts[0]}${S}${parts[1]}${U1}${after}${later}`
}

const attempt = (work: () => string): string | null => {
  try {
    return work()
  } catch {
    // Templates refuse roles that they do not have.
    return null
  }
}

const withoutBos = (text: string, bos: string) => (bos !== '' && text.startsWith(bos) ? text.slice(bos.length) : text)

/** What stands before, between and behind texts; null where one is missing or out of order. */
function around(text: string | null, marks: readonly string[]): string[] | null {
  if (text === null) return null
  const pieces: string[] = []
  let rest = text
  for (const one of marks) {
    const [before, ...behind] = rest.split(one)
    if (before === undefined || behind.length !== 1) return null
    pieces.push(before)
    rest = behind[0] as string
  }
  return [...pieces, rest]
}
