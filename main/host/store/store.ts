import { createAlarmStore } from './alarms.ts'
import { createChatStore } from './chats.ts'
import { checkedWrites } from './checked-writes.ts'
import { createCheckpointStore } from './checkpoints.ts'
import { type Database, openDatabase, storeFault } from './database.ts'
import { createDownloadStore } from './downloads.ts'
import { createExportStore } from './exports.ts'
import { heldConnection } from './held-connection.ts'
import { repairDone, repairRequested } from './inspect-history.ts'
import { checkAtStart, DamagedDatabase, damageFault } from './integrity.ts'
import { createLibraryStore } from './library.ts'
import { createMetricStore } from './metrics.ts'
import { type Recovery, recoverDatabase } from './recover.ts'
import { createRunStore } from './runs.ts'

export type Store = ReturnType<typeof openStore>

type Call = (...args: never[]) => unknown

/** Makes a call, and whatever comes out of it a fault that names the file and the cure. */
type Guard = <T>(call: () => T) => T

/** The same functions, of whichever connection is open. */
function guardedPart<T extends Readonly<Record<string, Call>>>(part: () => T, guard: Guard): T {
  const entries = Object.keys(part()).map((name) => {
    const safe: Call = (...args) => guard(() => part()[name]?.(...args))
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
  const held = heldConnection(file, (check) => {
    const database = openSound(file)
    const writes = checkedWrites(database, check)
    return { database, writes, parts: partsOf(writes) }
  })
  const guarded = Object.fromEntries(
    partNames(held.now().parts).map((name) => [name, guardedPart(() => held.now().parts[name], held.guard)]),
  ) as Parts
  return {
    ...guarded,
    /** All writes of `work` or none. A failure comes out as a fault with its cure. */
    transaction: <T>(work: () => T): T => held.guard(() => held.now().writes.transaction(work)()),
    /** Changes when another connection has written; equal numbers mean there is nothing new to read. */
    dataVersion: held.dataVersion,
    keepFiles: held.keepFiles,
    close: held.close,
  }
}
