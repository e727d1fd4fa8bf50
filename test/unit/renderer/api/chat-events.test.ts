import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keepChatsLive, withPiece } from '../../../../renderer/api/chat-events.ts'
import { createSocketClient } from '../../../../renderer/api/client.ts'
import type { ChatState } from '../../../../shared/domain/chat.ts'
import { scriptedSockets } from './scripted-socket.ts'

const answer = { status: 'answering' as const, text: 'one ', stats: null, prediction: null, error: null }
const state: ChatState = {
  chatId: 'c',
  models: [],
  turns: [{ id: 7, text: 'hello', answers: [answer, { ...answer, text: '' }] }],
  frame: null,
  options: null,
}
const piece = { chatId: 'c', turn: 7, model: 0, at: 4, text: 'two' }
const textsOf = (now: ChatState | null | undefined) => now?.turns[0]?.answers.map(({ text }) => text)

test('a piece goes behind what there is, once', () => {
  const longer = withPiece(state, piece)
  expect(textsOf(longer)).toEqual(['one two', ''])
  expect(withPiece(longer as ChatState, piece)).toBe(longer)
  expect(textsOf(withPiece(state, { ...piece, at: 2, text: 'e two' }))).toEqual(['one two', ''])
})

test('a piece of another turn changes nothing, one behind a gap asks for the whole', () => {
  expect(withPiece(state, { ...piece, turn: 8 })).toBe(state)
  expect(withPiece(state, { ...piece, model: 5 })).toBe(state)
  expect(withPiece(state, { ...piece, at: 9 })).toBeNull()
})

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('pieces are gathered, an update is taken at once, after the pieces before it', () => {
  const sockets = scriptedSockets()
  const faults: unknown[] = []
  const onFault = (error: unknown) => void faults.push(error)
  const client = createSocketClient({ open: sockets.open, schedule: sockets.schedule, onFault })
  const queries = new QueryClient()
  const key = ['chat.open', { models: [] }]
  queries.setQueryData(key, state)
  const end = keepChatsLive(client, queries)
  const now = () => queries.getQueryData<ChatState>(key)
  sockets.latest().onopen?.()
  const tell = (event: string, payload: unknown) =>
    sockets.latest().onmessage?.({ data: JSON.stringify({ event, payload }) })
  tell('chat.token', piece)
  tell('chat.token', { ...piece, at: 7, text: ' three' })
  expect(textsOf(now())).toEqual(['one ', ''])
  vi.advanceTimersByTime(60)
  expect(textsOf(now())).toEqual(['one two three', ''])
  tell('chat.token', { ...piece, at: 13, text: ' four' })
  const done = { ...state, turns: [{ id: 7, text: 'hello', answers: [{ ...answer, text: 'whole', status: 'done' }] }] }
  tell('chat.updated', done)
  expect(textsOf(now())).toEqual(['whole'])
  vi.advanceTimersByTime(60)
  expect(textsOf(now())).toEqual(['whole'])
  tell('chat.updated', { ...done, chatId: 'other', turns: [] })
  expect(textsOf(now())).toEqual(['whole'])
  expect(faults).toEqual([])
  end()
})
