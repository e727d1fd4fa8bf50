import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import {
  type ExportDtype,
  type ExportKind,
  type ExportReport,
  type GgufDtype,
  isExportDtype,
} from '../../../shared/domain/export.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { commitFolder } from '../formats/write-folder.ts'
import type { Backend } from '../ir/executable.ts'
import { openTrained } from '../train/checkpoint.ts'
import type { RunControl } from '../train/run.ts'
import { reopenTask } from '../train/task.ts'
import { adapterSource } from './adapter-source.ts'
import { ggufModel } from './gguf/gguf-model.ts'
import { mergeModel, phaseOf } from './merge-model.ts'
import { runSource } from './merge-source.ts'
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
  readonly dtype?: ExportDtype | null
}

type Written = Pick<ExportReport, 'proof' | 'notes'>

/** Writes a checkpoint as a merged model, as a PEFT adapter or as GGUF: the whole folder or nothing. */
export async function exportRun(backend: Backend, request: ExportRequest, control: RunControl): Promise<void> {
  reportExported(request.output, await WRITERS[request.kind](backend, request, control), control)
}

type Writer = (backend: Backend, request: ExportRequest, control: RunControl) => Promise<Written>

const WRITERS: Readonly<Record<ExportKind, Writer>> = {
  merged: async (backend, { config, checkpoint, output, dtype = null }, control) => {
    if (!isExportDtype(dtype)) throw notMerged(dtype)
    return { proof: await mergeModel(backend, runSource(config, checkpoint), { output, dtype }, control), notes: [] }
  },
  adapter: async (backend, request) => ({ proof: await exportAdapter(backend, request), notes: [] }),
  gguf: (backend, { config, checkpoint, output, dtype = null }, control) =>
    ggufModel(backend, runSource(config, checkpoint), { output, dtype }, control),
}

const notMerged = (dtype: string) =>
  fault('bad-config', `dtype: ${dtype} is for GGUF files; a merged model is float32, bfloat16 or float16.`, {
    hint: 'Choose one of these, or export as GGUF.',
  })

/** Merges an adapter that PEFT or another studio wrote into its base model: the whole folder or nothing. */
export async function mergeAdapter(
  backend: Backend,
  { base, adapter, output, dtype = null }: MergeRequest,
  control: RunControl,
): Promise<void> {
  await phaseOf(control)('Reading the adapter', 0)
  const proof = await mergeModel(backend, await adapterSource(base, adapter), { output, dtype }, control)
  reportExported(output, { proof, notes: [] }, control)
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
