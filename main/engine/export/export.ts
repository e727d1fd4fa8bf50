import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import {
  type ExportKind,
  type ExportReport,
  type GgufDtype,
  isExportDtype,
  type MergeKind,
} from '../../../shared/domain/export.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { chatTemplateIn } from '../data/tokenizer.ts'
import { commitFolder } from '../formats/write-folder.ts'
import type { Backend } from '../ir/executable.ts'
import { openTrained } from '../train/checkpoint.ts'
import type { RunControl } from '../train/run.ts'
import { reopenTask } from '../train/task.ts'
import { adapterSource } from './adapter-source.ts'
import { type GgufTarget, ggufModel } from './gguf/gguf-model.ts'
import { mergeModel, phaseOf } from './merge-model.ts'
import { type MergeSource, runSource } from './merge-source.ts'
import { writePeftAdapter } from './peft-adapter.ts'

export type ExportRequest = {
  readonly config: RunConfig
  readonly checkpoint: string
  readonly kind: ExportKind
  readonly output: string
  /** Of a merged model or a GGUF; null or none: that of the base's own files. */
  readonly dtype?: GgufDtype | null
}

type MergeRequest = {
  readonly base: string
  readonly adapter: string
  readonly output: string
  readonly kind?: MergeKind
  /** null or none: that of the base's own files. */
  readonly dtype?: GgufDtype | null
}

type Written = Pick<ExportReport, 'proof' | 'notes'>

/** Writes a checkpoint as a merged model, as a PEFT adapter or as GGUF: the whole folder or nothing. */
export async function exportRun(backend: Backend, request: ExportRequest, control: RunControl): Promise<void> {
  reportExported(request.output, await WRITERS[request.kind](backend, request, control), control)
}

type Writer = (backend: Backend, request: ExportRequest, control: RunControl) => Promise<Written>

const WRITERS: Readonly<Record<ExportKind, Writer>> = {
  merged: (backend, { config, checkpoint, output, dtype = null }, control) =>
    merged(backend, runSource(config, checkpoint), { output, dtype }, control),
  adapter: async (backend, request) => ({ proof: await exportAdapter(backend, request), notes: [] }),
  gguf: (backend, { config, checkpoint, output, dtype = null }, control) =>
    ggufModel(backend, runSource(config, checkpoint), { output, dtype }, control),
}

async function merged(
  backend: Backend,
  source: MergeSource,
  target: GgufTarget,
  control: RunControl,
): Promise<Written> {
  const { output, dtype } = target
  if (!isExportDtype(dtype)) throw notMerged(dtype)
  return { proof: await mergeModel(backend, source, { output, dtype }, control), notes: [] }
}

const notMerged = (dtype: string) =>
  fault('bad-config', `dtype: ${dtype} is for GGUF files; a merged model is float32, bfloat16 or float16.`, {
    hint: 'Choose one of these, or export as GGUF.',
  })

/** How an adapter from elsewhere is written, once it is merged. */
const MERGERS: Readonly<Record<MergeKind, typeof merged>> = {
  merged,
  gguf: async (backend, source, target, control) => {
    const own = chatTemplateIn(source.checkpoint)
    const chatTemplate = own ?? chatTemplateIn(source.config.model_name_or_path)
    const { proof, notes } = await ggufModel(
      backend,
      asItself(source, chatTemplate),
      { ...target, chatTemplate },
      control,
    )
    return { proof, notes: [...notes, own === null ? PROMPTS_UNKNOWN : PROMPTS_OF_ADAPTER] }
  },
}

const PROMPTS_UNKNOWN =
  'The adapter does not tell how the prompts of its training were written: the Modelfile has the chat template of the base model, or, where it has none, hands texts on as they are.'
const PROMPTS_OF_ADAPTER = 'The Modelfile has the chat template that lies beside the adapter.'

/** Adapters have no name of a prompt template, but some of them have a chat template; else their model is asked as the base is. */
const asItself = (source: MergeSource, chatTemplate: string | null): MergeSource => ({
  ...source,
  config: { ...source.config, prompt_template: chatTemplate === null ? 'text' : 'auto' },
})

/** Merges an adapter that PEFT or another studio wrote into its base model: the whole folder or nothing. */
export async function mergeAdapter(
  backend: Backend,
  { base, adapter, output, kind = 'merged', dtype = null }: MergeRequest,
  control: RunControl,
): Promise<void> {
  await phaseOf(control)('Reading the adapter', 0)
  const source = await adapterSource(base, adapter)
  reportExported(output, await MERGERS[kind](backend, source, { output, dtype }, control), control)
}

function reportExported(folder: string, written: Written, control: RunControl): void {
  const files = readdirSync(folder).map((name) => ({ name, bytes: statSync(join(folder, name)).size }))
  control.report({ type: 'exported', report: { folder, files, ...written } })
}

async function exportAdapter(backend: Backend, { config, checkpoint, output }: ExportRequest): Promise<null> {
  if (!METHODS[config.method].adapterExport) {
    throw fault('bad-config', `${METHODS[config.method].label} has no adapter to export.`, {
      hint: 'Export the merged model instead.',
    })
  }
  const { description } = (await reopenTask(config, dirname(checkpoint))).model
  const trained = openTrained(checkpoint, config)
  try {
    await commitFolder(output, (temporary) => writePeftAdapter(backend, temporary, trained, description, config))
  } finally {
    trained.close()
  }
  return null
}
