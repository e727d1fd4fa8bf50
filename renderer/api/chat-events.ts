import type { QueryClient } from '@tanstack/react-query'
import type { EventPayload } from '../../shared/contract.ts'
import type { ChatState } from '../../shared/domain/chat.ts'
import type { SocketClient } from './client.ts'

type Piece = EventPayload<'chat.token'>

/** Pieces of answers are drawn together, so often. */
const DRAW_MS = 50

/**
 * The state with a piece of an answer behind what there is. A piece that is in it already (the state was asked for in
 * between) changes nothing; null where one before it is missing.
 */
export function withPiece(state: ChatState, { turn, model, at, text }: Piece): ChatState | null {
  const answer = state.turns.find(({ id }) => id === turn)?.answers[model]
  if (answer === undefined || at + text.length <= answer.text.length) return state
  if (at > answer.text.length) return null
  const longer = answer.text.slice(0, at) + text
  const turns = state.turns.map((one) =>
    one.id === turn
      ? { ...one, answers: one.answers.map((old, i) => (i === model ? { ...old, text: longer } : old)) }
      : one,
  )
  return { ...state, turns }
}

/** Keeps open conversations in step with the host. Returns the end of it. */
export function keepChatsLive(client: SocketClient, queries: QueryClient): () => void {
  let waiting: Piece[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  const change = (chatId: string, next: (state: ChatState) => ChatState | null) => {
    for (const [key, state] of queries.getQueriesData<ChatState>({ queryKey: ['chat.open'] })) {
      if (state?.chatId !== chatId) continue
      const changed = next(state)
      if (changed === null) void queries.invalidateQueries({ queryKey: key })
      else if (changed !== state) queries.setQueryData<ChatState>(key, changed)
    }
  }
  const draw = () => {
    clearTimeout(timer)
    timer = undefined
    const pieces = waiting
    waiting = []
    for (const chatId of new Set(pieces.map((piece) => piece.chatId))) {
      const own = pieces.filter((piece) => piece.chatId === chatId)
      change(chatId, (state) => own.reduce<ChatState | null>((now, piece) => now && withPiece(now, piece), state))
    }
  }
  const ends = [
    client.on('chat.token', (piece) => {
      waiting.push(piece)
      timer ??= setTimeout(draw, DRAW_MS)
    }),
    // What it says is newer than any piece before it.
    client.on('chat.updated', (state) => {
      draw()
      change(state.chatId, () => state)
    }),
  ]
  return () => {
    clearTimeout(timer)
    for (const end of ends) end()
  }
}
