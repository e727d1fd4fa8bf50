import type {
  ChatAnswer,
  ChatFacts,
  ChatFrame,
  ChatModel,
  ChatState,
  GenerationOptions,
} from '../../shared/domain/chat.ts'
import { StudioError } from '../../shared/domain/error.ts'
import type { Host } from '../host/host.ts'

/** A conversation with one loaded model. */
export type ChatLine = {
  readonly facts: ChatFacts
  /** Resolves with the whole answer, failed ones too. */
  ask(text: string, frame: ChatFrame, options: GenerationOptions, onText: (text: string) => void): Promise<ChatAnswer>
  cancel(): Promise<void>
  clear(): Promise<void>
}

/** Waits for a conversation to be in a state; `begin` brings it on the way and answers with the first one. */
function reach<T>(host: Host, begin: () => Promise<ChatState>, found: (state: ChatState) => T | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const look = (state: ChatState) => {
      const result = found(state)
      if (result === null) return
      end()
      resolve(result)
    }
    const end = host.on('chat.updated', look)
    begin().then(look, (error) => {
      end()
      reject(error)
    })
  })
}

const lastAnswer = ({ turns }: ChatState): ChatAnswer | undefined => turns.at(-1)?.answers[0]

function endedAnswer(state: ChatState): ChatAnswer | null {
  const answer = lastAnswer(state)
  return answer && (answer.status === 'done' || answer.status === 'failed') ? answer : null
}

/** Opens a conversation and waits until its model is loaded; rejects with the reason where it cannot be. */
export async function openChatLine(host: Host, model: ChatModel): Promise<ChatLine> {
  const open = () => host.call('chat.open', { models: [model], kept: false })
  const state = await reach(host, open, (now) => (now.models[0]?.status === 'loading' ? null : now))
  const { chatId } = state
  const [loaded] = state.models
  if (loaded?.error) throw new StudioError(loaded.error)
  if (!loaded?.facts) throw new Error('The model is neither loaded nor refused.')
  return {
    facts: loaded.facts,
    ask: async (text, frame, options, onText) => {
      const endTokens = host.on('chat.token', (token) => onText(token.text))
      const send = () => host.call('chat.send', { chatId, text, frame, options })
      return reach(host, send, endedAnswer).finally(endTokens)
    },
    cancel: async () => void (await host.call('chat.cancel', { chatId })),
    clear: async () => void (await host.call('chat.clear', { chatId })),
  }
}
