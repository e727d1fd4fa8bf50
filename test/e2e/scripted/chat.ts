import { randomUUID } from 'node:crypto'
import type { CallInput } from '../../../shared/contract.ts'
import {
  type ChatAnswer,
  type ChatEntry,
  type ChatFacts,
  type ChatModel,
  type ChatModelState,
  type ChatState,
  chatModelSchema,
  chatTextSchema,
  generationOptionsSchema,
  type Prediction,
} from '../../../shared/domain/chat.ts'
import { fault } from '../../../shared/domain/error.ts'
import type { Publish } from './server.ts'

const FACTS: ChatFacts = {
  device: 'TensorFlow 2.18, CPU, 2 threads',
  task: 'CAUSAL_LM',
  slots: 1024,
  template: 'chat',
  memory: true,
  system: '',
  instruction: '',
  note: '',
}

/** What a folder's name makes of its model; anything else talks. */
const KINDS: Readonly<Record<string, Partial<ChatFacts>>> = {
  classifier: { task: 'SEQ_CLS', template: 'none', memory: false },
  words: { template: 'prompt', memory: false, instruction: 'What kind of thing is this?' },
}

const WORDS =
  'An oak is a large tree of the beech family. It grows slowly, lives for centuries and bears acorns. Its wood is hard and was used for ships, barrels and the beams of houses.'

const LABELS = ['plant', 'food', 'animal', 'substance']

function predictionOf(tuned: boolean): Prediction {
  const shares = tuned ? [0.91, 0.05, 0.02, 0.01] : [0.02, 0.03, 0.01, 0.01]
  return {
    kind: 'labels',
    exclusive: true,
    scores: LABELS.map((label, i) => ({ label, probability: shares[i] ?? 0 })),
  }
}

const emptyAnswer: ChatAnswer = { status: 'waiting', text: '', stats: null, prediction: null, error: null }
const statsOf = (tokens: number, reason: 'end' | 'cancelled') => ({
  promptTokens: 24,
  reusedTokens: 0,
  droppedTurns: 0,
  tokens,
  promptSeconds: 0.12,
  seconds: tokens / 42,
  reason,
})

/** Conversations of the scripted host: each model says its words one by one, `wordMs` apart. */
export function createScriptedChats(publish: Publish, nameOf: (runId: string) => string) {
  const chats = new Map<string, ChatState>()
  const stopped = new Set<string>()
  let wordMs = 20
  let loadMs = 150

  const describe = (model: ChatModel): ChatModelState => {
    const loading = { status: 'loading', phase: 'Loading the model', error: null, facts: null } as const
    if (model.kind === 'adapter') {
      const detail = `adapter on ${model.base.split('/').at(-1)}`
      return { model, name: model.adapter, detail, ...loading }
    }
    if (model.kind === 'folder') return { model, name: model.folder, detail: 'model folder', ...loading }
    const run = nameOf(model.runId)
    return model.kind === 'base'
      ? { model, name: '/opt/dora-studio/resources/demo/model', detail: 'base model', ...loading }
      : { model, name: run, detail: `step ${model.step ?? 40}, best`, ...loading }
  }
  const change = (chatId: string, next: (state: ChatState) => ChatState) => {
    const state = chats.get(chatId)
    if (state === undefined) throw fault('not-found', 'This conversation is no longer open.')
    const changed = next(state)
    chats.set(chatId, changed)
    publish('chat.updated', changed)
    return changed
  }
  const setModel = (chatId: string, at: number, patch: Partial<ChatModelState>) =>
    change(chatId, (state) => ({
      ...state,
      models: state.models.map((model, i) => (i === at ? { ...model, ...patch } : model)),
    }))
  const setAnswer = (chatId: string, turn: number, at: number, patch: (old: ChatAnswer) => Partial<ChatAnswer>) => {
    const state = chats.get(chatId) as ChatState
    const turns = state.turns.map((one) =>
      one.id === turn
        ? { ...one, answers: one.answers.map((old, i) => (i === at ? { ...old, ...patch(old) } : old)) }
        : one,
    )
    chats.set(chatId, { ...state, turns })
  }
  const load = (chatId: string) => {
    for (const [at, { model, status }] of (chats.get(chatId) as ChatState).models.entries()) {
      if (status === 'ready') continue
      setModel(chatId, at, { status: 'loading', phase: 'Loading the model', error: null })
      setTimeout(() => {
        if (!chats.has(chatId)) return
        const name = model.kind === 'folder' ? (model.folder.split('/').at(-1) ?? '') : ''
        if (name === 'broken') {
          const error = fault('bad-file', `${name}: tokenizer.json is damaged.`, { hint: 'Download it again.' }).data
          setModel(chatId, at, { status: 'failed', phase: null, error })
        } else setModel(chatId, at, { status: 'ready', phase: null, facts: { ...FACTS, ...KINDS[name] } })
      }, loadMs)
    }
  }
  const finish = (chatId: string, turn: number, at: number, tokens: number, reason: 'end' | 'cancelled') => {
    const { models } = chats.get(chatId) as ChatState
    const model = models[at] as ChatModelState
    const judges = model.facts?.task === 'SEQ_CLS' || model.facts?.template === 'prompt'
    const prediction = judges ? predictionOf(at === models.length - 1) : null
    const stats = model.facts?.task === 'SEQ_CLS' ? null : statsOf(tokens, reason)
    setAnswer(chatId, turn, at, () => ({ status: 'done', stats, prediction }))
    change(chatId, (state) => state)
  }
  const play = (chatId: string, turn: number, at: number) => {
    const { models } = chats.get(chatId) as ChatState
    const facts = models[at]?.facts
    const all = facts?.template === 'prompt' ? ['plant'] : WORDS.split(/(?<= )/)
    const words = models[at]?.model.kind === 'base' ? all.slice(0, 18) : all
    let said = 0
    const next = () => {
      const state = chats.get(chatId)
      const answer = state?.turns.find(({ id }) => id === turn)?.answers[at]
      if (answer === undefined || answer.status === 'failed') return
      if (facts?.task === 'SEQ_CLS') return finish(chatId, turn, at, 0, 'end')
      if (stopped.has(chatId) || said === words.length)
        return finish(chatId, turn, at, said, stopped.has(chatId) ? 'cancelled' : 'end')
      const text = words[said++] as string
      if (answer.status === 'waiting') {
        setAnswer(chatId, turn, at, () => ({ status: 'answering' }))
        change(chatId, (now) => now)
      }
      setAnswer(chatId, turn, at, (old) => ({ text: old.text + text }))
      publish('chat.token', { chatId, turn, model: at, at: answer.text.length, text })
      setTimeout(next, wordMs)
    }
    setTimeout(next, wordMs)
  }
  const ask = (chatId: string, given: Pick<CallInput<'chat.regenerate'>, 'frame' | 'options'>, text: string) => {
    stopped.delete(chatId)
    const turn = Date.now()
    const state = change(chatId, (old) => ({
      ...old,
      frame: { system: '', instruction: '', memory: true, ...given.frame },
      options: generationOptionsSchema.parse(given.options),
      turns: [...old.turns, { id: turn, text, answers: old.models.map(() => emptyAnswer) }],
    }))
    for (const at of state.models.keys()) play(chatId, turn, at)
    return state
  }
  return {
    handlers: {
      'chat.open': ({ models }: CallInput<'chat.open'>): ChatState => {
        const chosen = models.map((model) => chatModelSchema.parse(model))
        const known = [...chats.values()].find(
          (state) => JSON.stringify(state.models.map(({ model }) => model)) === JSON.stringify(chosen),
        )
        if (known) return known
        const chatId = randomUUID()
        chats.set(chatId, { chatId, models: chosen.map(describe), turns: [], frame: null, options: null })
        load(chatId)
        return chats.get(chatId) as ChatState
      },
      'chat.list': (): ChatEntry[] =>
        [...chats.values()]
          .filter(({ turns }) => turns.length > 0)
          .map(({ chatId, models, turns }) => ({
            chatId,
            models: models.map(({ model }) => model),
            names: models.map(({ model, name }) => (model.kind === 'base' ? nameOf(model.runId) : name)),
            title: turns[0]?.text ?? '',
            turns: turns.length,
            usedAt: turns.at(-1)?.id ?? 0,
          }))
          .sort((a, b) => b.usedAt - a.usedAt),
      'chat.load': ({ chatId }: CallInput<'chat.load'>) => {
        load(chatId)
        return change(chatId, (state) => state)
      },
      'chat.send': ({ chatId, text, ...given }: CallInput<'chat.send'>) =>
        ask(chatId, given, chatTextSchema.parse(text)),
      'chat.regenerate': ({ chatId, ...given }: CallInput<'chat.regenerate'>) => {
        const last = chats.get(chatId)?.turns.at(-1)
        change(chatId, (state) => ({ ...state, turns: state.turns.slice(0, -1) }))
        return ask(chatId, given, last?.text ?? '')
      },
      'chat.cancel': ({ chatId }: CallInput<'chat.cancel'>) => {
        stopped.add(chatId)
        return change(chatId, (state) => state)
      },
      'chat.clear': ({ chatId }: CallInput<'chat.clear'>) => change(chatId, (state) => ({ ...state, turns: [] })),
      'chat.close': ({ chatId }: CallInput<'chat.close'>) => {
        chats.delete(chatId)
        return {}
      },
    },
    /** Milliseconds a word and a load take from now on. */
    setChatPace(word: number, loading = loadMs) {
      wordMs = word
      loadMs = loading
    },
    /** Frees the models of all conversations, as a host does that needs the memory. */
    unloadChats(phase: string) {
      for (const { chatId, models } of chats.values())
        for (const at of models.keys()) setModel(chatId, at, { status: 'unloaded', phase })
    },
    /** Fails the answers being given, as the death of an engine does. */
    failChats() {
      for (const { chatId, turns, models } of chats.values()) {
        const error = fault('engine-died', 'The engine was ended by the system (SIGKILL).', {
          hint: 'Ask again: the model is loaded anew.',
        }).data
        const last = turns.at(-1)
        if (last)
          for (const at of last.answers.keys()) setAnswer(chatId, last.id, at, () => ({ status: 'failed', error }))
        stopped.add(chatId)
        for (const at of models.keys()) setModel(chatId, at, { status: 'failed', phase: null, error })
      }
    },
  }
}
