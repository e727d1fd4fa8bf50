import type { HistoryRepair } from '../../shared/domain/history.ts'

/** What a repair of the history brought over. */
export function repairText({ runs, metrics, fromFolders, lost, kept }: HistoryRepair): string {
  const folders = fromFolders > 0 ? ` ${fromFolders} more were taken up from their folders, without curves.` : ''
  return [
    `Repaired: ${runs} runs and ${metrics} metric rows were read.${folders}`,
    ...lost.map((part) => `  - not all of ${part}`),
    `The damaged file is kept: ${kept}`,
  ].join('\n')
}
