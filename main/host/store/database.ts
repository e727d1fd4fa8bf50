import BetterSqlite from 'better-sqlite3'
import { fault, StudioError } from '../../../shared/domain/error.ts'
import { MIGRATIONS } from './migrations/index.ts'
import type { Migration } from './migrations/migration.ts'

/** The open database; this is the only file that knows the driver. */
export type Database = BetterSqlite.Database

const BUSY_TIMEOUT_MS = 10_000

function schemaVersion(database: Database): number {
  return Number(database.pragma('user_version', { simple: true }))
}

function migrate(database: Database, file: string, migrations: readonly Migration[]): void {
  const refuseNewer = (version: number) => {
    if (version <= migrations.length) return
    throw fault('bad-file', `${file} has schema version ${version}; this studio knows up to ${migrations.length}.`, {
      hint: 'It was written by a newer DoRA Studio. Update this one, or set DORA_STUDIO_HOME to another folder.',
    })
  }
  refuseNewer(schemaVersion(database))
  if (schemaVersion(database) === migrations.length) return
  // IMMEDIATE: two hosts that start together take turns, and the second finds the work done.
  database
    .transaction(() => {
      refuseNewer(schemaVersion(database))
      for (let version = schemaVersion(database); version < migrations.length; version++) {
        migrations[version]?.(database)
        database.pragma(`user_version = ${version + 1}`)
      }
    })
    .immediate()
}

function configure(database: Database): void {
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
}

/** What a failed statement means to a user: a full disk and a locked or damaged file each have their own cure. */
export function storeFault(error: unknown, file: string): StudioError {
  if (error instanceof StudioError) return error
  const code = error instanceof BetterSqlite.SqliteError ? error.code : ''
  const message = `${file}: ${error instanceof Error ? error.message : String(error)}`
  if (code === 'SQLITE_FULL')
    return fault('disk', message, { hint: 'The disk is full: free some space.', retryable: true })
  if (code.startsWith('SQLITE_BUSY')) {
    return fault('conflict', message, { hint: 'Another program holds the database; close it.', retryable: true })
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return fault('bad-file', message, { hint: 'The database is damaged. Move it away to start with an empty history.' })
  }
  if (/^SQLITE_(IOERR|READONLY|CANTOPEN)/.test(code)) {
    return fault('disk', message, { hint: 'Check that the folder exists and may be written.' })
  }
  return fault('internal', message, { hint: 'This is a fault of the studio; please report it.' })
}

/** Opens (or makes) the database and brings its schema up to date. Throws a fault with the cure. */
export function openDatabase(file: string, migrations: readonly Migration[] = MIGRATIONS): Database {
  let database: Database | undefined
  try {
    database = new BetterSqlite(file, { timeout: BUSY_TIMEOUT_MS })
    configure(database)
    migrate(database, file, migrations)
    return database
  } catch (error) {
    database?.close()
    throw storeFault(error, file)
  }
}
