import type { ChatAnswer, ChatEntry, ChatModel, ChatTurn } from '../../../shared/domain/chat.ts'
import { fault } from '../../../shared/domain/error.ts'
import type { ChatHead, ChatRecord } from '../store/chats.ts'
import { fallbackName } from './chat-models.ts'
import type { HostContext } from './host-context.ts'

/** Conversations on the disk; the one that was used the longest ago gives way. */
const MOST_KEPT = 100
const LONGEST_TITLE = 120

const sameModels = (a: readonly ChatModel[], b: readonly ChatModel[]) => JSON.stringify(a) === JSON.stringify(b)

/** Of a host that is gone: no answer will come any more. What there was of it stays. */
const ended = (answer: ChatAnswer): ChatAnswer =>
  answer.status === 'waiting' || answer.status === 'answering'
    ? {
        ...answer,
        status: 'failed',
        error: fault('engine-died', 'The studio was closed before this was answered.', {
          hint: 'Ask again.',
          retryable: true,
        }).data,
      }
    : answer

/** What outlives the host of its conversations: those in which something was said. */
export function createChatRecords(context: HostContext) {
  const { store } = context
  const restored = (head: ChatHead | undefined) =>
    head && {
      ...head,
      turns: store.chats.turns(head.id).map((turn) => ({ ...turn, answers: turn.answers.map(ended) })),
    }
  return {
    /** The last used first. */
    list: (): ChatEntry[] =>
      store.chats.list().map(({ id: chatId, models, title, turns, usedAt }) => ({
        chatId,
        models: [...models],
        names: models.map((model) => fallbackName(context, model)),
        title: title.slice(0, LONGEST_TITLE),
        turns,
        usedAt,
      })),
    find: (chatId: string) => restored(store.chats.list().find(({ id }) => id === chatId)),
    withModels: (models: readonly ChatModel[]) =>
      restored(store.chats.list().find((head) => sameModels(head.models, models))),
    /** A text goes in with the settings that go with it; `instead` is the turn that it takes the place of. */
    said(chat: Omit<ChatRecord, 'usedAt'>, turn: ChatTurn, instead: number | null): void {
      store.transaction(() => {
        store.chats.save({ ...chat, usedAt: Date.now() })
        if (instead !== null) store.chats.removeTurn(chat.id, instead)
        store.chats.saveTurn(chat.id, turn)
        for (const { id } of store.chats.list().slice(MOST_KEPT)) store.chats.remove(id)
      })
    },
    answered: (chatId: string, turn: ChatTurn): void => store.chats.saveTurn(chatId, turn),
    remove: (chatId: string): void => store.chats.remove(chatId),
  }
}
