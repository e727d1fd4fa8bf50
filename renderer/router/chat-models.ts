import { type ChatModel, MAX_CHAT_MODELS } from '../../shared/domain/chat.ts'
import { decode } from './decode.ts'

/** A model of a conversation as a part of an address: `tuned:RUN`, `tuned:RUN@STEP`, `base:RUN`, `folder:PATH`, `adapter:BASE:PATH`. */
export function chatModelText(model: ChatModel): string {
  if (model.kind === 'folder') return `folder:${model.folder}`
  // Encoded, the colon between them is the only one.
  if (model.kind === 'adapter') return `adapter:${[model.base, model.adapter].map(encodeURIComponent).join(':')}`
  const step = model.kind === 'tuned' && model.step !== null ? `@${model.step}` : ''
  return `${model.kind}:${model.runId}${step}`
}

/** The model a text names, or null for a text that names none. */
export function parseChatModel(text: string): ChatModel | null {
  const [, kind, rest = ''] = /^(tuned|base|folder|adapter):(.+)$/s.exec(text) ?? []
  if (kind === 'folder') return { kind, folder: rest }
  if (kind === 'base') return { kind, runId: rest }
  if (kind === 'adapter') return parseAdapter(rest)
  if (kind !== 'tuned') return null
  const [, runId = rest, step] = /^(.*)@(\d{1,9})$/s.exec(rest) ?? []
  return { kind, runId, step: step === undefined ? null : Number(step) }
}

function parseAdapter(text: string): ChatModel | null {
  const [base = '', adapter = '', ...more] = text.split(':').map(decode)
  return base === '' || adapter === '' || more.length > 0 ? null : { kind: 'adapter', base, adapter }
}

/** The models of an address; what names none is left out. */
export const parseChatModels = (texts: readonly string[]): ChatModel[] =>
  [...new Set(texts)].flatMap((text) => parseChatModel(text) ?? []).slice(0, MAX_CHAT_MODELS)

/** A run's base and tuned model beside each other. */
export const baseAndTuned = (runId: string): ChatModel[] => [
  { kind: 'base', runId },
  { kind: 'tuned', runId, step: null },
]
