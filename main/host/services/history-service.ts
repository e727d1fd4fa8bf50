import type { HistoryRepair, HistoryReport } from '../../../shared/domain/history.ts'
import { historyReportSchema } from '../../../shared/domain/history.ts'
import { repairRequested, requestRepair } from '../store/inspect-history.ts'
import type { Recovery } from '../store/recover.ts'
import type { HostContext } from './host-context.ts'
import { readReport } from './report-process.ts'

/** What a repair brought over, for people. */
export const repairOf = ({ rows, lost, kept }: Recovery, fromFolders: number): HistoryRepair => ({
  runs: rows.runs ?? 0,
  metrics: rows.metrics ?? 0,
  fromFolders,
  lost: [...lost],
  kept,
})

/** Looks at the file of the history while the studio is at work, and has it repaired at the next start. */
export function createHistoryService({ store }: HostContext, file: string, entry: string) {
  return {
    /** Files that were deleted a moment ago are put back first: they are no damage. */
    async check(): Promise<HistoryReport> {
      store.keepFiles()
      return readReport('The check', entry, [file], historyReportSchema)
    },
    /** The file is held open by this very process, so that the repair waits for the next start. */
    repair(): { atNextStart: boolean } {
      requestRepair(file)
      return { atNextStart: repairRequested(file) }
    },
  }
}
