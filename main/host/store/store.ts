import { createAlarmStore } from './alarms.ts'
import { createCheckpointStore } from './checkpoints.ts'
import { type Database, openDatabase, storeFault } from './database.ts'
import { createDownloadStore } from './downloads.ts'
import { createExportStore } from './exports.ts'
import { repairDone, repairRequested } from './inspect-history.ts'
import { checkAtStart, DamagedDatabase, damageFault } from './integrity.ts'
import { createLibraryStore } from './library.ts'
import { createMetricStore } from './metrics.ts'
import { type Recovery, recoverDatabase } from './recover.ts'
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

function openSound(file: string): Database {
  const database = openDatabase(file)
  try {
    const details = checkAtStart(database)
    if (details.length > 0) throw damageFault(file, details)
    return database
  } catch (error) {
    database.close()
    throw storeFault(error, file)
  }
}

function openUnlessDamaged(file: string): Store | null {
  try {
    const store = openStore(file)
    if (!repairRequested(file)) return store
    store.close()
    return null
  } catch (error) {
    if (!(error instanceof DamagedDatabase)) throw error
    console.error([error.data.message, ...error.data.details].join(' '))
    return null
  }
}

/**
 * Opens a history that may be damaged, or for which a repair was asked: what can be read of it then goes into a new one,
 * which is opened.
 */
export function openOrRecover(file: string): { store: Store; recovery: Recovery | null } {
  const store = openUnlessDamaged(file)
  if (store) return { store, recovery: null }
  const recovery = recoverDatabase(file)
  repairDone(file)
  return { store: openStore(file), recovery }
}

/**
 * The whole history in one file. Every write is on disk when the call returns. Throws a DamagedDatabase where the small
 * tables are; damage among the metrics shows when they are read, and in `history`.
 */
export function openStore(file: string) {
  const database = openSound(file)
  const guarded = <T extends Readonly<Record<string, Call>>>(part: T): T => withFaults(part, file)
  return {
    runs: guarded(createRunStore(database)),
    metrics: guarded(createMetricStore(database)),
    alarms: guarded(createAlarmStore(database)),
    checkpoints: guarded(createCheckpointStore(database)),
    exports: guarded(createExportStore(database)),
    downloads: guarded(createDownloadStore(database)),
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
