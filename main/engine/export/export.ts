import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { ExportDtype, ExportKind, ExportReport } from '../../../shared/domain/export.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { commitFolder } from '../formats/write-folder.ts'
import type { Backend } from '../ir/executable.ts'
import { openTrained } from '../train/checkpoint.ts'
import type { RunControl } from '../train/run.ts'
import { reopenTask } from '../train/task.ts'
import { adapterSource } from './adapter-source.ts'
import { mergeModel } from './merge-model.ts'
import { runSource } from './merge-source.ts'
import { writePeftAdapter } from './peft-adapter.ts'

export type ExportRequest = {
  readonly config: RunConfig
  readonly checkpoint: string
  readonly kind: ExportKind
  readonly output: string
  /** Of a merged model; null or none: that of the base's own files. */
  readonly dtype?: ExportDtype | null
}

type MergeRequest = Omit<ExportRequest, 'config' | 'checkpoint' | 'kind'> & {
  readonly base: string
  readonly adapter: string
}

/** Writes a checkpoint as a merged model or as a PEFT adapter: the whole folder or nothing. */
export async function exportRun(backend: Backend, request: ExportRequest, control: RunControl): Promise<void> {
  const { config, checkpoint, output, dtype = null } = request
  const proof =
    request.kind === 'adapter'
      ? await exportAdapter(backend, request)
      : await mergeModel(backend, runSource(config, checkpoint), { output, dtype }, control)
  reportExported(output, proof, control)
}

/** Merges an adapter that PEFT or another studio wrote into its base model: the whole folder or nothing. */
export async function mergeAdapter(
  backend: Backend,
  { base, adapter, output, dtype = null }: MergeRequest,
  control: RunControl,
): Promise<void> {
  control.report({ type: 'phase', phase: 'Reading the adapter', progress: 0 })
  await control.breathe()
  const proof = await mergeModel(backend, await adapterSource(base, adapter), { output, dtype }, control)
  reportExported(output, proof, control)
}

function reportExported(folder: string, proof: ExportReport['proof'], control: RunControl): void {
  const files = readdirSync(folder).map((name) => ({ name, bytes: statSync(join(folder, name)).size }))
  control.report({ type: 'exported', report: { folder, files, proof } })
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
