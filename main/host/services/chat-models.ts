import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ChatModel } from '../../../shared/domain/chat.ts'
import { fault } from '../../../shared/domain/error.ts'
import type { Checkpoint } from '../../../shared/domain/run.ts'
import { type RunConfig, runConfigSchema } from '../../../shared/domain/run-config.ts'
import { chosenCheckpoint } from './chosen-checkpoint.ts'
import type { HostContext } from './host-context.ts'
import type { ChatRequest } from './model-pool.ts'

/** What is loaded for a model of a conversation, and how it is called. */
export type LocatedModel = { readonly request: ChatRequest; readonly name: string; readonly detail: string }

/** Finds the files of a model; a fault says why there is nothing to talk to. */
export function locateModel(context: HostContext, model: ChatModel): LocatedModel {
  if (model.kind === 'folder') return ofFolder(context, model.folder)
  if (model.kind === 'adapter') return ofAdapter(context, model)
  const config = context.store.runs.record(model.runId)?.config
  const run = context.store.runs.summary(model.runId)
  if (!config || !run)
    throw fault('not-found', `There is no run ${model.runId}.`, { hint: 'It may have been deleted.' })
  const runFolder = join(context.runsFolder, model.runId)
  const request = { type: 'chat' as const, config, runFolder, adapter: null }
  if (model.kind === 'base') {
    return { request: { ...request, checkpoint: null }, name: config.model_name_or_path, detail: 'base model' }
  }
  const checkpoint = tunedCheckpoint(context, model.runId, model.step)
  const detail = `step ${checkpoint.step}${checkpoint.best ? ', best' : ''}`
  return { request: { ...request, checkpoint: checkpoint.folder }, name: run.name, detail }
}

/** A name to show where the files cannot be found. */
export function fallbackName(context: HostContext, model: ChatModel): string {
  if (model.kind === 'folder') return model.folder
  if (model.kind === 'adapter') return model.adapter
  return context.store.runs.summary(model.runId)?.name ?? model.runId
}

/** An export is asked as its run was trained; of any other folder its own chat template says how. */
function ofFolder({ store }: HostContext, folder: string): LocatedModel {
  if (!existsSync(folder)) throw fault('not-found', `There is no folder ${folder}.`)
  const runId = store.exports.runOf(folder)
  const run = runId === null ? undefined : store.runs.record(runId)
  const plain = { model_name_or_path: folder, method: 'full', quantization: 'none' } as const
  const config: RunConfig = run ? { ...run.config, ...plain } : runConfigSchema.parse({ ...plain, train_file: 'none' })
  const detail = runId === null ? 'model folder' : `export of ${store.runs.summary(runId)?.name ?? runId}`
  return { request: { type: 'chat', config, checkpoint: null, runFolder: null, adapter: null }, name: folder, detail }
}

/** One that a run was exported to is asked as its run was trained. */
function ofAdapter({ store }: HostContext, { base, adapter }: Extract<ChatModel, { kind: 'adapter' }>): LocatedModel {
  for (const folder of [base, adapter])
    if (!existsSync(folder)) throw fault('not-found', `There is no folder ${folder}.`)
  const runId = store.exports.runOf(adapter)
  const run = runId === null ? undefined : store.runs.record(runId)
  const plain = { model_name_or_path: base, quantization: 'none' } as const
  const config: RunConfig = run ? { ...run.config, ...plain } : runConfigSchema.parse({ ...plain, train_file: 'none' })
  const detail = `adapter on ${basename(base)}`
  return { request: { type: 'chat', config, checkpoint: null, runFolder: null, adapter }, name: adapter, detail }
}

function tunedCheckpoint(context: HostContext, runId: string, step: number | null): Checkpoint {
  const checkpoint = chosenCheckpoint(context, runId, step)
  if (checkpoint) return checkpoint
  throw fault('conflict', `Run ${runId} has no checkpoint yet, so there is nothing tuned to talk to.`, {
    hint: 'Let it train to its first checkpoint, or talk to the base model.',
  })
}
