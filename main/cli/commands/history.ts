import { formatBytes } from '../../../shared/domain/amounts.ts'
import type { HistoryReport } from '../../../shared/domain/history.ts'
import { historyFile } from '../../host/folders.ts'
import { inspectHistory, requestRepair } from '../../host/store/inspect-history.ts'
import { EXIT } from '../exit-code.ts'
import { tableText } from '../format.ts'
import { repairText } from '../repair-text.ts'
import type { CommandContext, CommandResult } from './command.ts'

export type HistoryOptions = { readonly repair: boolean }

const CURE = 'What to do: dora-studio history --repair puts what can be read into a new file and keeps this one.'

function reportText({ file, bytes, runs, complaints, backups, damaged }: HistoryReport): string {
  const lines = [
    ['File', file],
    ['Size', formatBytes(bytes)],
    ['Runs', String(runs)],
    ['State', complaints.length === 0 ? 'sound' : 'DAMAGED'],
    ...backups.map(({ path, bytes: size }) => ['Backup', `${path}, ${formatBytes(size)}`]),
    ...damaged.map(({ path, bytes: size }) => ['Set aside', `${path}, ${formatBytes(size)}`]),
  ]
  const faults = complaints.map((complaint) => `  - ${complaint}`)
  return [tableText(lines), ...faults, ...(faults.length > 0 ? [CURE] : [])].join('\n')
}

/** `history`: reads every page of the history; 1 if it is damaged. `--repair` repairs it then. */
export async function history({ repair }: HistoryOptions, context: CommandContext): CommandResult {
  const { output, dataFolder, openHost } = context
  const report = inspectHistory(historyFile(dataFolder))
  if (!repair || report.complaints.length === 0) {
    output.record(report)
    output.line(reportText(report))
    return report.complaints.length === 0 ? EXIT.fine : EXIT.failed
  }
  requestRepair(report.file)
  const host = await openHost({ repairsHistory: true })
  const { repaired } = await host.call('app.info', {})
  output.record(repaired)
  if (repaired) output.line(repairText(repaired))
  return EXIT.fine
}
