import { createCheckpointStore } from './checkpoints.ts'
import { openDatabase, storeFault } from './database.ts'
import { createExportStore } from './exports.ts'
import { createMetricStore } from './metrics.ts'
import { createRunStore } from './runs.ts'

export type Store = ReturnType<typeof openStore>

/** The whole history in one file. Every write is on disk when the call returns. */
export function openStore(file: string) {
  const database = openDatabase(file)
  return {
    runs: createRunStore(database),
    metrics: createMetricStore(database),
    checkpoints: createCheckpointStore(database),
    exports: createExportStore(database),
    /** All writes of `work` or none. A failure comes out as a fault with its cure. */
    transaction<T>(work: () => T): T {
      try {
        return database.transaction(work).immediate()
      } catch (error) {
        throw storeFault(error, file)
      }
    },
    /** Changes when another connection has written; equal numbers mean there is nothing new to read. */
    dataVersion: (): number => Number(database.pragma('data_version', { simple: true })),
    close: (): void => void database.close(),
  }
}
