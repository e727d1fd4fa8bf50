import { createCheckpointStore } from './checkpoints.ts'
import { openDatabase, storeFault } from './database.ts'
import { createExportStore } from './exports.ts'
import { createLibraryStore } from './library.ts'
import { createMetricStore } from './metrics.ts'
import { createRunStore } from './runs.ts'

export type Store = ReturnType<typeof openStore>

type Call = (...args: never[]) => unknown

/** The same functions; what the driver throws comes out as a fault that names the file and the cure. */
function withFaults<T extends Readonly<Record<string, Call>>>(part: T, file: string): T {
  const entries = Object.entries<Call>(part).map(([name, call]) => {
    const safe: Call = (...args) => {
      try {
        return call(...args)
      } catch (error) {
        throw storeFault(error, file)
      }
    }
    return [name, safe] as const
  })
  return Object.fromEntries(entries) as T
}

/** The whole history in one file. Every write is on disk when the call returns. */
export function openStore(file: string) {
  const database = openDatabase(file)
  const guarded = <T extends Readonly<Record<string, Call>>>(part: T): T => withFaults(part, file)
  return {
    runs: guarded(createRunStore(database)),
    metrics: guarded(createMetricStore(database)),
    checkpoints: guarded(createCheckpointStore(database)),
    exports: guarded(createExportStore(database)),
    library: guarded(createLibraryStore(database)),
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
