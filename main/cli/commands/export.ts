import { resolve } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { EXPORT_KINDS, type ExportKind, type GgufDtype, isExportDtype } from '../../../shared/domain/export.ts'
import { EXIT } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { onInterrupt } from '../interrupt.ts'
import { jobEnd, reportText } from '../job-end.ts'
import type { CommandContext, CommandResult } from './command.ts'

export type ExportOptions = {
  readonly merged?: string
  readonly adapter?: string
  readonly gguf?: string
  readonly dtype?: GgufDtype
}

function target(options: ExportOptions): { kind: ExportKind; folder: string } {
  const given = EXPORT_KINDS.flatMap((kind) => {
    const folder = options[kind]
    return folder === undefined ? [] : [{ kind, folder: resolve(folder) }]
  })
  const [one, ...more] = given
  if (one && more.length === 0) return one
  throw fault('bad-config', 'Give one of --merged FOLDER, --adapter FOLDER and --gguf FOLDER.')
}

function checkDtype(kind: ExportKind, dtype: GgufDtype | null): void {
  if (kind === 'adapter' && dtype !== null) {
    throw fault(
      'bad-config',
      '--dtype is for --merged and --gguf: an adapter is written in float32, as it was trained.',
    )
  }
  if (kind === 'merged' && !isExportDtype(dtype)) throw fault('bad-config', `--dtype ${dtype} is for --gguf.`)
}

/** `export RUN --merged FOLDER [--dtype D] | --gguf FOLDER [--dtype D] | --adapter FOLDER`. */
export async function exportRun(
  text: string,
  options: ExportOptions,
  { output, openHost }: CommandContext,
): CommandResult {
  const { kind, folder } = target(options)
  const { dtype = null } = options
  checkDtype(kind, dtype)
  const host = await openHost()
  const { id } = await findRun(host, text)
  let interrupted = false
  const release = onInterrupt(() => {
    interrupted = true
    void host.close()
  })
  const first = await host.call('exports.start', { runId: id, kind, folder, dtype })
  const current = async () => (await host.call('exports.list', { runId: id })).find((job) => job.id === first.id)
  const job = await jobEnd(host, 'export.updated', first.id, current, output).finally(release)
  if (job.error) output.fault(fault(job.error.code, job.error.message, job.error))
  else output.line(reportText(job))
  if (interrupted) return EXIT.interrupted
  return job.status === 'finished' ? EXIT.fine : EXIT.failed
}
