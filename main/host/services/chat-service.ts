import {
  type ChatAnswer,
  type ChatFrame,
  type ChatModel,
  type ChatModelState,
  type ChatState,
  type ChatTurn,
  type GenerationOptions,
  isAnswering,
  MAX_CHAT_MODELS,
} from '../../../shared/domain/chat.ts'
import { fault, toErrorData } from '../../../shared/domain/error.ts'
import { fallbackName, type LocatedModel, locateModel } from './chat-models.ts'
import { createChatRecords } from './chat-records.ts'
import type { HostContext } from './host-context.ts'
import { type Answering, createModelPool } from './model-pool.ts'
import { newRunId } from './run-id.ts'

type Member = { readonly model: ChatModel; readonly key: string; name: string; detail: string }
type Turn = Omit<ChatTurn, 'answers'> & { answers: ChatAnswer[] }
type Chat = {
  readonly id: string
  readonly members: readonly Member[]
  turns: Turn[]
  frame: ChatFrame | null
  options: GenerationOptions | null
  lastTurn: number
  /** Whether it outlives the host. */
  readonly kept: boolean
  readonly answering: Set<Answering>
}

/** Conversations in memory; the one that was quiet the longest leaves it first. */
const MOST_CHATS = 20
const MOST_TURNS = 500

/** A text to answer, and the turn that it takes the place of. */
type Asked = { readonly text: string; readonly instead: number | null }

const freshAnswer = (): ChatAnswer => ({ status: 'waiting', text: '', stats: null, prediction: null, error: null })

/**
 * Conversations, held here so that every window sees the same and none is needed. Models are in memory only as long as
 * they are used; what was said outlives them.
 */
export function createChatService(context: HostContext, idleMs: number) {
  const { bus } = context
  const chats = new Map<string, Chat>()
  const records = createChatRecords(context)
  const pool = createModelPool(context, { most: MAX_CHAT_MODELS, idleMs, onChange: publishModel })
  let preparing: string | null = null
  // A run that starts needs the memory more than models that nobody talks to.
  const endWatch = bus.subscribe((event) => {
    if (event.event !== 'run.updated') return
    const { id, status, name } = event.payload
    if (status === 'preparing' && preparing !== id) pool.freeIdle(`Freed for the run ${name}`)
    if (status === 'preparing') preparing = id
    else if (preparing === id) preparing = null
  })

  function stateOf(chat: Chat): ChatState {
    const models = chat.members.map(
      ({ model, key, name, detail }): ChatModelState => ({ model, name, detail, ...pool.stateOf(key) }),
    )
    const { id: chatId, turns, frame, options } = chat
    return { chatId, models, turns, frame, options }
  }
  function publish(chat: Chat): ChatState {
    const state = stateOf(chat)
    if (chats.has(chat.id)) bus.emit({ event: 'chat.updated', payload: state })
    return state
  }
  function publishModel(key: string): void {
    for (const chat of chats.values()) if (chat.members.some((member) => member.key === key)) publish(chat)
  }
  function find(chatId: string): Chat {
    const chat = chats.get(chatId) ?? restore(records.find(chatId))
    if (!chat) throw fault('not-found', 'This conversation is no longer open.', { hint: 'Open it again.' })
    // The last of the map is the one that was used last.
    chats.delete(chatId)
    chats.set(chatId, chat)
    return chat
  }
  function refuseWhileAnswering(chat: Chat): void {
    if (isAnswering(chat)) throw fault('conflict', 'An answer is still on its way.', { hint: 'Stop it first.' })
  }
  /** Where the model is now; its name and which weights it has may have changed since. */
  function locate(member: Member): LocatedModel {
    const located = locateModel(context, member.model)
    member.name = located.name
    member.detail = located.detail
    return located
  }
  function load(chat: Chat): void {
    for (const member of chat.members) {
      try {
        void pool.load(member.key, locate(member).request)
      } catch (error) {
        pool.refuse(member.key, error)
      }
    }
  }
  function setAnswer(chat: Chat, turn: Turn, index: number, change: Partial<ChatAnswer>): void {
    turn.answers[index] = { ...(turn.answers[index] as ChatAnswer), ...change }
    if (!chat.turns.includes(turn)) return
    const isOver = change.status === 'done' || change.status === 'failed'
    if (isOver && isKept(chat)) records.answered(chat.id, turn)
    publish(chat)
  }
  function addText(chat: Chat, turn: Turn, index: number, text: string): void {
    const answer = turn.answers[index] as ChatAnswer
    if (answer.status === 'waiting') setAnswer(chat, turn, index, { status: 'answering' })
    const at = answer.text.length
    turn.answers[index] = { ...(turn.answers[index] as ChatAnswer), text: answer.text + text }
    if (!chat.turns.includes(turn)) return
    bus.emit({ event: 'chat.token', payload: { chatId: chat.id, turn: turn.id, model: index, at, text } })
  }
  /** What this model has heard and said before the turn; answers that failed or never came are no part of it. */
  function historyOf(chat: Chat, turn: Turn, index: number): { user: string; assistant: string }[] {
    const earlier = chat.turns.slice(0, chat.turns.indexOf(turn))
    return earlier.flatMap(({ text: user, answers }) => {
      const { status, text: assistant } = answers[index] as ChatAnswer
      return status === 'done' && assistant !== '' ? [{ user, assistant }] : []
    })
  }
  async function answer(chat: Chat, turn: Turn, index: number, frame: ChatFrame, options: GenerationOptions) {
    const member = chat.members[index] as Member
    let answering: Answering | undefined
    try {
      const { request } = locate(member)
      const prompt = { ...frame, history: historyOf(chat, turn, index), text: turn.text }
      answering = pool.ask(member.key, request, { prompt, options }, (text) => addText(chat, turn, index, text))
      chat.answering.add(answering)
      setAnswer(chat, turn, index, { status: 'done', ...(await answering.done) })
    } catch (error) {
      setAnswer(chat, turn, index, { status: 'failed', error: toErrorData(error) })
    } finally {
      if (answering) chat.answering.delete(answering)
    }
  }
  function askAll(chat: Chat, asked: Asked, frame: ChatFrame, options: GenerationOptions): ChatState {
    // By the clock, so that two hosts on one folder add turns to a conversation and never take each other's place.
    chat.lastTurn = Math.max(chat.lastTurn + 1, Date.now())
    const turn: Turn = { id: chat.lastTurn, text: asked.text, answers: chat.members.map(freshAnswer) }
    chat.frame = frame
    chat.options = options
    chat.turns.push(turn)
    const models = chat.members.map(({ model }) => model)
    if (isKept(chat)) records.said({ id: chat.id, models, frame, options }, turn, asked.instead)
    for (const index of chat.members.keys()) void answer(chat, turn, index, frame, options)
    return publish(chat)
  }
  const cancelAll = ({ answering }: Chat) => {
    for (const one of answering) one.cancel()
  }
  /** Whether it is in memory, and to be on the disk. */
  const isKept = (chat: Chat) => chat.kept && chats.get(chat.id) === chat
  /** Leaves the memory; what is kept of it stays. */
  async function leave(chat: Chat): Promise<void> {
    chats.delete(chat.id)
    cancelAll(chat)
    const used = new Set([...chats.values()].flatMap(({ members }) => members.map(({ key }) => key)))
    await Promise.all(chat.members.map(({ key }) => (used.has(key) ? undefined : pool.forget(key))))
  }
  function create(models: readonly ChatModel[], id: string, kept: boolean): Chat {
    const members = models.map((model) => ({
      model,
      key: JSON.stringify(model),
      name: fallbackName(context, model),
      detail: '',
    }))
    const chat: Chat = { id, members, turns: [], frame: null, options: null, lastTurn: 0, kept, answering: new Set() }
    const quiet = [...chats.values()].find((one) => !isAnswering(one))
    if (chats.size >= MOST_CHATS && quiet) void leave(quiet)
    chats.set(id, chat)
    return chat
  }
  function restore(record: ReturnType<typeof records.find>): Chat | undefined {
    if (record === undefined) return undefined
    const chat = create(record.models, record.id, true)
    const { turns, frame, options } = record
    return Object.assign(chat, { turns, frame, options, lastTurn: turns.at(-1)?.id ?? 0 })
  }
  return {
    list: () => records.list(),
    open(models: readonly ChatModel[], kept: boolean): ChatState {
      const keys = models.map((model) => JSON.stringify(model)).join()
      const known = [...chats.values()].find((chat) => chat.kept && chat.members.map(({ key }) => key).join() === keys)
      if (kept && known) return stateOf(find(known.id))
      const earlier = kept ? restore(records.withModels(models)) : undefined
      if (earlier) return stateOf(earlier)
      const chat = create(models, newRunId(new Date()), kept)
      load(chat)
      return stateOf(chat)
    },
    load(chatId: string): ChatState {
      const chat = find(chatId)
      load(chat)
      return stateOf(chat)
    },
    send(chatId: string, text: string, frame: ChatFrame, options: GenerationOptions): ChatState {
      const chat = find(chatId)
      refuseWhileAnswering(chat)
      if (chat.turns.length >= MOST_TURNS) {
        throw fault('conflict', `This conversation has ${MOST_TURNS} turns already.`, { hint: 'Clear it to go on.' })
      }
      return askAll(chat, { text, instead: null }, frame, options)
    },
    regenerate(chatId: string, frame: ChatFrame, options: GenerationOptions): ChatState {
      const chat = find(chatId)
      refuseWhileAnswering(chat)
      const last = chat.turns.pop()
      if (!last) throw fault('conflict', 'Nothing was said yet.')
      // A number of its own: pieces of the answer before must not be taken for the new one's.
      return askAll(chat, { text: last.text, instead: last.id }, frame, options)
    },
    cancel(chatId: string): ChatState {
      const chat = find(chatId)
      cancelAll(chat)
      return stateOf(chat)
    },
    clear(chatId: string): ChatState {
      const chat = find(chatId)
      cancelAll(chat)
      chat.turns = []
      if (chat.kept) records.remove(chatId)
      return publish(chat)
    },
    async forget(chatId: string): Promise<Record<string, never>> {
      await leave(find(chatId))
      records.remove(chatId)
      return {}
    },
    async close(): Promise<void> {
      endWatch()
      // What there is of an answer that will not be ended.
      for (const chat of chats.values()) {
        const last = chat.turns.at(-1)
        if (last && isKept(chat) && isAnswering(chat)) records.answered(chat.id, last)
      }
      chats.clear()
      await pool.close()
    },
  }
}
