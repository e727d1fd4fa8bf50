import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import {
  type ChatFrame,
  type ChatModel,
  type ChatState,
  type GenerationOptions,
  isAnswering,
} from '../../../shared/domain/chat.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { type Checked, checkDraft, DEFAULT_DRAFT, draftOf, type SamplingDraft } from './sampling-draft.ts'

/** What is set beside a conversation, until it goes with the next text. */
export type ChatSettings = {
  readonly sampling: SamplingDraft
  readonly checked: Checked
  readonly frame: ChatFrame
  readonly setSampling: (patch: Partial<SamplingDraft>) => void
  readonly setFrame: (patch: Partial<ChatFrame>) => void
}

export type ChatTalk = {
  readonly state: ChatState | undefined
  readonly error: Error | null
  readonly retry: () => void
  readonly settings: ChatSettings
  readonly answering: boolean
  /** Why the last action failed. */
  readonly trouble: Error | null
  /** Resolves with whether it was taken. */
  readonly send: (text: string) => Promise<boolean>
  readonly regenerate: () => void
  readonly stop: () => void
  readonly clear: () => void
  readonly load: () => void
}

/** As the training data has it: its system message, its instruction, and memory where no model judges text by text. */
function firstFrame({ models }: ChatState): ChatFrame {
  const facts = models.flatMap((model) => model.facts ?? [])
  const first = (name: 'system' | 'instruction') => facts.find((one) => one[name] !== '')?.[name] ?? ''
  return { system: first('system'), instruction: first('instruction'), memory: facts.every(({ memory }) => memory) }
}

const NO_FRAME: ChatFrame = { system: '', instruction: '', memory: true }

function useSettings(state: ChatState | undefined): ChatSettings {
  const [samplingPatch, patchSampling] = useState<Partial<SamplingDraft>>({})
  const [framePatch, patchFrame] = useState<Partial<ChatFrame>>({})
  const sampling = { ...(state?.options ? draftOf(state.options) : DEFAULT_DRAFT), ...samplingPatch }
  const frame = { ...(state?.frame ?? (state ? firstFrame(state) : NO_FRAME)), ...framePatch }
  return {
    sampling,
    frame,
    checked: checkDraft(sampling),
    setSampling: (patch) => patchSampling((old) => ({ ...old, ...patch })),
    setFrame: (patch) => patchFrame((old) => ({ ...old, ...patch })),
  }
}

/** With the same seed an answer would be the same again. */
const withNextSeed = (options: GenerationOptions): GenerationOptions =>
  options.temperature === 0 ? options : { ...options, seed: (options.seed + 1) % 2 ** 31 }

/** A conversation of the host: its state, live, and what can be done with it. */
export function useChat(models: readonly ChatModel[]): ChatTalk {
  const input = { models: [...models] }
  const queries = useQueryClient()
  const { data: state, error, refetch } = useCall('chat.open', input)
  const settings = useSettings(state)
  const actions = {
    send: useAction('chat.send'),
    regenerate: useAction('chat.regenerate'),
    stop: useAction('chat.cancel'),
    clear: useAction('chat.clear'),
    load: useAction('chat.load'),
  }
  const [trouble, setTrouble] = useState<Error | null>(null)
  const take = async (work: () => Promise<unknown>): Promise<boolean> => {
    setTrouble(null)
    try {
      await work()
      return true
    } catch (thrown) {
      setTrouble(thrown instanceof Error ? thrown : new Error(String(thrown)))
      // What it says may be that another window was faster, or that the host forgot the conversation.
      void queries.invalidateQueries({ queryKey: ['chat.open', input] })
      return false
    }
  }
  const { options } = settings.checked
  const { frame } = settings
  const chatId = state?.chatId ?? ''
  return {
    state,
    error,
    retry: () => void refetch(),
    settings,
    trouble,
    answering: state !== undefined && isAnswering(state),
    send: async (text) =>
      options !== null && (await take(() => actions.send.mutateAsync({ chatId, text, frame, options }))),
    regenerate: () => {
      if (options === null) return
      const next = withNextSeed(options)
      settings.setSampling({ seed: String(next.seed) })
      void take(() => actions.regenerate.mutateAsync({ chatId, frame, options: next }))
    },
    stop: () => void take(() => actions.stop.mutateAsync({ chatId })),
    clear: () => void take(() => actions.clear.mutateAsync({ chatId })),
    load: () => void take(() => actions.load.mutateAsync({ chatId })),
  }
}
