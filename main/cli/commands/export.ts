import { resolve } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { ExportJob, ExportKind } from '../../../shared/domain/export.ts'
import type { Host } from '../../host/host.ts'
import { EXIT } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { bytesText, numberText, shareText } from '../format.ts'
import { onInterrupt } from '../interrupt.ts'
import type { Output } from '../output.ts'
import type { CommandContext, CommandResult } from './command.ts'

export type ExportOptions = { readonly merged?: string; readonly adapter?: string }

function target({ merged, adapter }: ExportOptions): { kind: ExportKind; folder: string } {
  if (merged !== undefined && adapter === undefined) return { kind: 'merged', folder: resolve(merged) }
  if (adapter !== undefined && merged === undefined) return { kind: 'adapter', folder: resolve(adapter) }
  throw fault('bad-config', 'Give one of --merged FOLDER and --adapter FOLDER.')
}

/** Settles with the job's last state; phases are shown on the way. */
function jobEnd(host: Host, first: ExportJob, output: Output): Promise<ExportJob> {
  return new Promise((resolve, reject) => {
    let phase = ''
    const see = (job: ExportJob) => {
      if (job.id !== first.id) return
      output.record({ event: 'export.updated', payload: job })
      if (job.phase && job.phase !== phase) output.line(job.phase)
      phase = job.phase ?? ''
      if (job.status === 'running') return
      end()
      resolve(job)
    }
    const end = host.on('export.updated', see)
    const current = async () =>
      (await host.call('exports.list', { runId: first.runId })).find(({ id }) => id === first.id)
    current().then((job) => job && see(job), reject)
  })
}

function reportText({ report }: ExportJob): string {
  if (!report) return ''
  const { folder, files, proof } = report
  const lines = [`Written to ${folder}:`, ...files.map(({ name, bytes }) => `  ${name}  ${bytesText(bytes)}`)]
  if (!proof) return lines.join('\n')
  const { maxAbsDifference, maxAbsLogit, topOneAgreement, prompts, tokens } = proof
  const check = `Checked on ${prompts} prompts (${tokens} tokens): logits differ by at most ${numberText(maxAbsDifference)}`
  return [
    ...lines,
    `${check} (largest ${numberText(maxAbsLogit)}), same next token in ${shareText(topOneAgreement)}.`,
  ].join('\n')
}

/** `export RUN --merged FOLDER | --adapter FOLDER`. */
export async function exportRun(
  text: string,
  options: ExportOptions,
  { output, openHost }: CommandContext,
): CommandResult {
  const { kind, folder } = target(options)
  const host = await openHost()
  const { id } = await findRun(host, text)
  let interrupted = false
  const release = onInterrupt(() => {
    interrupted = true
    void host.close()
  })
  const job = await jobEnd(host, await host.call('exports.start', { runId: id, kind, folder }), output).finally(release)
  if (job.error) output.fault(fault(job.error.code, job.error.message, job.error))
  else output.line(reportText(job))
  if (interrupted) return EXIT.interrupted
  return job.status === 'finished' ? EXIT.fine : EXIT.failed
}
