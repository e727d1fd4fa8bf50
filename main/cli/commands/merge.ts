import { resolve } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { type GgufDtype, isExportDtype, type MergeKind } from '../../../shared/domain/export.ts'
import { EXIT } from '../exit-code.ts'
import { onInterrupt } from '../interrupt.ts'
import { jobEnd, reportText } from '../job-end.ts'
import type { CommandContext, CommandResult } from './command.ts'

export type MergeOptions = {
  readonly base: string
  readonly adapter: string
  readonly output?: string
  readonly gguf?: string
  readonly dtype?: GgufDtype
}

function target({ output, gguf, dtype }: MergeOptions): { kind: MergeKind; folder: string } {
  if ((output === undefined) === (gguf === undefined))
    throw fault('bad-config', 'Give one of --output FOLDER and --gguf FOLDER.')
  if (output !== undefined && !isExportDtype(dtype ?? null))
    throw fault('bad-config', `--dtype ${dtype} is for --gguf.`)
  return output === undefined
    ? { kind: 'gguf', folder: resolve(gguf as string) }
    : { kind: 'merged', folder: resolve(output) }
}

/** `merge --base FOLDER --adapter FOLDER --output FOLDER | --gguf FOLDER`: a PEFT adapter from anywhere into its base model. */
export async function merge(options: MergeOptions, { output, openHost }: CommandContext): CommandResult {
  const { base, adapter, dtype = null } = options
  const order = { base: resolve(base), adapter: resolve(adapter), dtype, ...target(options) }
  const host = await openHost()
  let interrupted = false
  const release = onInterrupt(() => {
    interrupted = true
    void host.close()
  })
  const { id } = await host.call('merges.start', order)
  const current = async () => (await host.call('merges.list', {})).find((job) => job.id === id)
  const job = await jobEnd(host, 'merge.updated', id, current, output).finally(release)
  if (job.error) output.fault(fault(job.error.code, job.error.message, job.error))
  else output.line(reportText(job))
  if (interrupted) return EXIT.interrupted
  return job.status === 'finished' ? EXIT.fine : EXIT.failed
}
