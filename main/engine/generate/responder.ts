import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ChatFacts, GenerationStats, Prediction } from '../../../shared/domain/chat.ts'
import { fault } from '../../../shared/domain/error.ts'
import { PROBLEM_TYPES, type RunConfig } from '../../../shared/domain/run-config.ts'
import type { EngineRequest } from '../../../shared/engine-protocol.ts'
import { isJsonObject, type JsonObject } from '../formats/json-file.ts'
import { readConfig } from '../formats/model-folder.ts'
import { foreignAdapter } from '../train/foreign-adapter.ts'
import type { GenerateHooks } from './generate.ts'
import type { Order } from './inbox.ts'

type WholeRequest = Extract<EngineRequest, { type: 'chat' }>
/** Requests that were made before adapters could be opened name none. */
export type ChatRequest = Omit<WholeRequest, 'adapter'> & Partial<Pick<WholeRequest, 'adapter'>>

/** A loaded model that answers prompts. Calls must not overlap. */
export type Responder = {
  readonly facts: Omit<ChatFacts, 'device'>
  answer(order: Order, hooks: GenerateHooks): Promise<{ stats: GenerationStats | null; prediction: Prediction | null }>
  dispose(): void
}

/** A request whose settings say what the model does; `labels` of a folder whose config.json names them. */
export type ResolvedRequest = ChatRequest & { readonly labels: readonly string[] | null }

/** A run or an adapter says what it does; of a folder its config.json does. What cannot be talked to is refused with the reason. */
export async function resolveTask(request: ChatRequest): Promise<ResolvedRequest> {
  const { adapter = null, runFolder } = request
  const resolved =
    adapter !== null
      ? await ofAdapter(request, adapter)
      : runFolder === null
        ? ofFolder(request)
        : { ...request, labels: null }
  const { task_type: task } = resolved.config
  if (task === 'TOKEN_CLS' || task === 'FEATURE_EXTRACTION') {
    const what = task === 'TOKEN_CLS' ? 'labels words' : 'turns texts into embeddings'
    throw fault('unsupported-model', `This model ${what} (${task}); it gives no answers to read in a conversation.`, {
      hint: 'Judge it by its test metrics, or export it and use it in your own program.',
    })
  }
  return resolved
}

function ofFolder(request: ChatRequest): ResolvedRequest {
  const folder = request.config.model_name_or_path
  refuseAdapterAlone(folder)
  const json = readConfig(folder)
  const [name] = Array.isArray(json.architectures) ? json.architectures.map(String) : []
  if (name?.endsWith('ForTokenClassification')) return withTask(request, { task_type: 'TOKEN_CLS' }, null)
  if (!name?.endsWith('ForSequenceClassification')) return { ...request, labels: null }
  const labels = labelsOf(json)
  const problem = PROBLEM_TYPES.find((kind) => kind === json.problem_type)
  const fallback = labels.length === 1 ? 'regression' : 'single_label_classification'
  return withTask(request, { task_type: 'SEQ_CLS', problem_type: problem ?? fallback }, labels)
}

/** What was asked for beyond the adapter (template, data that tell how to ask) stays. */
async function ofAdapter(request: ChatRequest, adapter: string): Promise<ResolvedRequest> {
  const { prompt_template, train_file, columns, max_seq_length, backend } = request.config
  const { config, labels } = await foreignAdapter(request.config.model_name_or_path, adapter)
  const asked = { prompt_template, train_file, columns, max_seq_length, backend }
  return { ...request, config: { ...config, ...asked }, checkpoint: adapter, labels }
}

const withTask = (request: ChatRequest, task: Partial<RunConfig>, labels: readonly string[] | null) => ({
  ...request,
  config: { ...request.config, ...task },
  labels,
})

/** The classes' names by number, as transformers writes them. */
function labelsOf({ id2label }: JsonObject): string[] {
  const names = isJsonObject(id2label) ? Object.entries(id2label) : []
  return names.sort(([a], [b]) => Number(a) - Number(b)).map(([, label]) => String(label))
}

function refuseAdapterAlone(folder: string): void {
  if (existsSync(join(folder, 'config.json')) || !existsSync(join(folder, 'adapter_config.json'))) return
  throw fault('bad-file', `${folder} holds an adapter alone, without the model it belongs to.`, {
    hint: 'Choose it as an adapter, together with its base model.',
  })
}
