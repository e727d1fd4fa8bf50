import { expect } from 'vitest'
import type { Host } from '../../../main/host/host.ts'
import { type ChatModel, type ChatState, generationOptionsSchema, isAnswering } from '../../../shared/domain/chat.ts'

export const FRAME = { system: '', instruction: '', memory: true }
export const OPTIONS = generationOptionsSchema.parse({})

export const ready = ({ models }: ChatState) => models.every(({ status }) => status === 'ready')
export const quiet = (state: ChatState) => !isAnswering(state)
export const answersOf = ({ turns }: Pick<ChatState, 'turns'>, model = 0) =>
  turns.map(({ answers }) => answers[model]?.text)

/** A conversation as a front sees it: what it was opened with, then what is told of it. */
export async function openChat(host: Host, models: ChatModel[]) {
  let latest: ChatState | undefined
  host.on('chat.updated', (state) => {
    if (latest === undefined || state.chatId === latest.chatId) latest = state
  })
  const { chatId } = await host.call('chat.open', { models }).then((state) => {
    latest ??= state
    return state
  })
  const now = () => latest as ChatState
  const wait = async (wanted: (state: ChatState) => boolean): Promise<ChatState> => {
    await expect.poll(() => wanted(now()), { interval: 5 }).toBe(true)
    return now()
  }
  const send = (text: string, given: object = {}) =>
    host.call('chat.send', { chatId, text, frame: FRAME, options: { ...OPTIONS, ...given } })
  const say = async (text: string, given: object = {}) => {
    await send(text, given)
    return wait(quiet)
  }
  return { chatId, now, wait, send, say }
}
