import { type ChatModel, MAX_CHAT_MODELS } from '../../shared/domain/chat.ts'

/** A model of a conversation as a part of an address: `tuned:RUN`, `tuned:RUN@STEP`, `base:RUN`, `folder:PATH`. */
export function chatModelText(model: ChatModel): string {
  if (model.kind === 'folder') return `folder:${model.folder}`
  const step = model.kind === 'tuned' && model.step !== null ? `@${model.step}` : ''
  return `${model.kind}:${model.runId}${step}`
}

/** The model a text names, or null for a text that names none. */
export function parseChatModel(text: string): ChatModel | null {
  const [, kind, rest = ''] = /^(tuned|base|folder):(.+)$/s.exec(text) ?? []
  if (kind === 'folder') return { kind, folder: rest }
  if (kind === 'base') return { kind, runId: rest }
  if (kind !== 'tuned') return null
  const [, runId = rest, step] = /^(.*)@(\d{1,9})$/s.exec(rest) ?? []
  return { kind, runId, step: step === undefined ? null : Number(step) }
}

/** The models of an address; what names none is left out. */
export const parseChatModels = (texts: readonly string[]): ChatModel[] =>
  [...new Set(texts)].flatMap((text) => parseChatModel(text) ?? []).slice(0, MAX_CHAT_MODELS)

/** A run's base and tuned model beside each other. */
export const baseAndTuned = (runId: string): ChatModel[] => [
  { kind: 'base', runId },
  { kind: 'tuned', runId, step: null },
]
