import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ChatPrompt, GenerationOptions, GenerationStats } from '../../../shared/domain/chat.ts'
import { fault, StudioError } from '../../../shared/domain/error.ts'
import { type RunConfig, runConfigSchema } from '../../../shared/domain/run-config.ts'
import { type EngineChat, type EngineJob, type EngineOutcome, startEngine } from '../engine-supervisor.ts'
import type { HostContext } from './host-context.ts'
import { lastCheckpoint } from './last-checkpoint.ts'
import { newRunId } from './run-id.ts'

type Source = { readonly runId: string } | { readonly folder: string }
type Ready = Extract<EngineChat, { type: 'ready' }>
type Answer = { readonly text: string; readonly stats: GenerationStats }
type Pending = {
  readonly id: number
  text: string
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}
type Chat = { readonly job: EngineJob; pending: Pending | undefined; sent: number }

/** Models in memory at once: the tuned and the base one of a comparison, and one more. */
const MAX_CHATS = 3

function deathOf(outcome: EngineOutcome): StudioError {
  if (outcome.type === 'failed') return new StudioError(outcome.error)
  return fault('engine-died', 'The chat was closed.', { hint: 'Open it again.', retryable: true })
}

export type ChatService = ReturnType<typeof createChatService>

/** Keeps models loaded, each in its own engine, and carries prompts to them and answers back. */
export function createChatService(context: HostContext) {
  const { store, bus, runsFolder } = context
  const chats = new Map<string, Chat>()

  function requestOf(source: Source, base: boolean): { config: RunConfig; checkpoint: string | null } {
    if ('folder' in source) {
      if (!existsSync(source.folder)) throw fault('not-found', `There is no folder ${source.folder}.`)
      const fields = { model_name_or_path: source.folder, train_file: 'none', method: 'full' }
      return { config: runConfigSchema.parse(fields), checkpoint: null }
    }
    const { runId } = source
    const config = store.runs.record(runId)?.config
    if (!config) throw fault('not-found', `There is no run ${runId}.`)
    if (config.task_type !== 'CAUSAL_LM') {
      throw fault('conflict', `Run ${runId} trains ${config.task_type}; only language models can continue a text.`)
    }
    if (base) return { config, checkpoint: null }
    const best = store.checkpoints.list(runId).findLast((one) => one.best && existsSync(one.folder))
    const checkpoint = best ?? lastCheckpoint(context, runId)
    if (checkpoint) return { config, checkpoint: checkpoint.folder }
    throw fault('conflict', `Run ${runId} has no checkpoint yet, so there is nothing tuned to talk to.`, {
      hint: 'Let it train to its first checkpoint, or talk to the base model.',
    })
  }
  function hear(chatId: string, chat: Chat, report: Exclude<EngineChat, Ready>): void {
    const { pending } = chat
    if (!pending || pending.id !== report.id) return
    if (report.type === 'token') {
      pending.text += report.text
      bus.emit({ event: 'chat.token', payload: { chatId, text: report.text } })
      return
    }
    chat.pending = undefined
    if ('error' in report.result) pending.reject(new StudioError(report.result.error))
    else pending.resolve({ text: pending.text, stats: report.result.stats })
  }
  function find(chatId: string): Chat {
    const chat = chats.get(chatId)
    if (chat) return chat
    throw fault('not-found', 'This chat is no longer open.', { hint: 'Open it again.' })
  }
  return {
    /** Resolves when the model is loaded; rejects with the engine's fault where it cannot be. */
    open(source: Source, base: boolean): Promise<{ chatId: string } & Omit<Ready, 'type'>> {
      const request = requestOf(source, base)
      if (chats.size >= MAX_CHATS) {
        throw fault('conflict', `${chats.size} chats are open already.`, { hint: 'Close one of them.' })
      }
      const chatId = newRunId(new Date())
      mkdirSync(runsFolder, { recursive: true })
      return new Promise((resolve, reject) => {
        const onChat = (report: EngineChat) => {
          if (report.type !== 'ready') return hear(chatId, chat, report)
          const { type: _, ...facts } = report
          resolve({ chatId, ...facts })
        }
        const job = startEngine({
          entry: context.engineEntry,
          request: { type: 'chat', ...request },
          logFile: join(runsFolder, 'chat.log'),
          stopTimeoutMs: context.stopTimeoutMs,
          env: context.engineEnv,
          onProgress: () => {},
          onChat,
        })
        const chat: Chat = { job, pending: undefined, sent: 0 }
        chats.set(chatId, chat)
        void job.done.then((outcome) => {
          chats.delete(chatId)
          reject(deathOf(outcome))
          chat.pending?.reject(deathOf(outcome))
        })
      })
    },
    send(chatId: string, prompt: ChatPrompt, options: GenerationOptions): Promise<Answer> {
      const chat = find(chatId)
      if (chat.pending) throw fault('conflict', 'This chat is still answering.', { hint: 'Stop the answer first.' })
      const id = ++chat.sent
      return new Promise((resolve, reject) => {
        chat.pending = { id, text: '', resolve, reject }
        chat.job.tell({ type: 'generate', id, prompt, options })
      })
    },
    /** Ends the answer being given, if there is one; `send` then resolves with what there is. */
    cancel(chatId: string): Record<string, never> {
      const { job, pending } = find(chatId)
      if (pending) job.tell({ type: 'cancel', id: pending.id })
      return {}
    },
    async end(chatId: string): Promise<Record<string, never>> {
      const { job } = find(chatId)
      job.kill()
      await job.done
      return {}
    },
    async close(): Promise<void> {
      const jobs = [...chats.values()].map(({ job }) => job)
      for (const job of jobs) job.kill()
      await Promise.all(jobs.map(({ done }) => done))
    },
  }
}
