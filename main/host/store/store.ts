import { toErrorData } from '../../../shared/domain/error.ts'
import { createAlarmStore } from './alarms.ts'
import { createChatStore } from './chats.ts'
import { createCheckpointStore } from './checkpoints.ts'
import { type Database, openDatabase, storeFault } from './database.ts'
import { createDownloadStore } from './downloads.ts'
import { createExportStore } from './exports.ts'
import { holdFiles, putBack } from './held-files.ts'
import { repairDone, repairRequested } from './inspect-history.ts'
import { checkAtStart, DamagedDatabase, damageFault } from './integrity.ts'
import { createLibraryStore } from './library.ts'
import { createMetricStore } from './metrics.ts'
import { type Recovery, recoverDatabase } from './recover.ts'
import { createRunStore } from './runs.ts'

export type Store = ReturnType<typeof openStore>

type Call = (...args: never[]) => unknown

/** The same functions, of whichever connection is open; what the driver throws comes out as a fault that names the file and the cure. */
function withFaults<T extends Readonly<Record<string, Call>>>(part: () => T, file: string): T {
  const entries = Object.keys(part()).map((name) => {
    const safe: Call = (...args) => {
      try {
        return part()[name]?.(...args)
      } catch (error) {
        throw storeFault(error, file)
      }
    }
    return [name, safe] as const
  })
  return Object.fromEntries(entries) as T
}

const partsOf = (database: Database) => ({
  runs: createRunStore(database),
  metrics: createMetricStore(database),
  alarms: createAlarmStore(database),
  checkpoints: createCheckpointStore(database),
  exports: createExportStore(database),
  chats: createChatStore(database),
  downloads: createDownloadStore(database),
  library: createLibraryStore(database),
})
type Parts = ReturnType<typeof partsOf>
const partNames = (parts: Parts) => Object.keys(parts) as (keyof Parts)[]

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
  const connect = () => {
    const database = openSound(file)
    return { database, parts: partsOf(database), files: holdFiles(file) }
  }
  let open = connect()
  const guarded = Object.fromEntries(
    partNames(open.parts).map((name) => [name, withFaults(() => open.parts[name], file)]),
  ) as Parts
  /** Where files of the open history were deleted: puts them back with all they held, and says so. */
  function keepFiles(): void {
    // One that could not be opened again the last time is closed.
    if (open.database.open) {
      const lost = open.files.lost()
      if (lost.length === 0) return
      try {
        putBack(open.database, file)
      } catch (error) {
        throw storeFault(error, file)
      }
      open.database.close()
      console.error(`Deleted while the studio was at work, and put back: ${lost.join(', ')}`)
    }
    open = connect()
  }
  return {
    ...guarded,
    /** All writes of `work` or none. A failure comes out as a fault with its cure. */
    transaction<T>(work: () => T): T {
      try {
        return open.database.transaction(work).immediate()
      } catch (error) {
        throw storeFault(error, file)
      }
    },
    /** Changes when another connection has written; equal numbers mean there is nothing new to read. */
    dataVersion: (): number => Number(open.database.pragma('data_version', { simple: true })),
    keepFiles,
    close(): void {
      try {
        keepFiles()
      } catch (error) {
        console.error(`The history could not be put back: ${toErrorData(error).message}`)
      }
      open.database.close()
    },
  }
}
