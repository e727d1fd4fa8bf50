import { existsSync } from 'node:fs'
import BetterSqlite from 'better-sqlite3'
import { fault, StudioError } from '../../../shared/domain/error.ts'
import { keepBackup } from './backups.ts'
import { damageFault } from './integrity.ts'
import { MIGRATIONS } from './migrations/index.ts'
import type { Migration } from './migrations/migration.ts'

/** The open database; this is the only file that knows the driver. */
export type Database = BetterSqlite.Database

const BUSY_TIMEOUT_MS = 10_000
const RAW_TIMEOUT_MS = 500

function schemaVersion(database: Database): number {
  return Number(database.pragma('user_version', { simple: true }))
}

/** Before the schema changes: whatever the new version does to the history, the old one is there. */
function backUp(database: Database, file: string, version: number): void {
  try {
    keepBackup(file, version, (to) => database.prepare('VACUUM INTO ?').run(to))
  } catch (error) {
    const { code, message, hint, retryable } = storeFault(error, file).data
    const text = `The history could not be copied before it is brought up to date. ${message}`
    throw fault(code, text, { hint, retryable })
  }
}

function migrate(database: Database, file: string, migrations: readonly Migration[]): void {
  const refuseNewer = (version: number) => {
    if (version <= migrations.length) return
    throw fault('bad-file', `${file} has schema version ${version}; this studio knows up to ${migrations.length}.`, {
      hint: 'It was written by a newer DoRA Studio. Update this one, or set DORA_STUDIO_HOME to another folder.',
    })
  }
  const version = schemaVersion(database)
  refuseNewer(version)
  if (version === migrations.length) return
  if (version > 0) backUp(database, file, version)
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
  // The index that connections share knows more of the log than the file by that name holds.
  if (code === 'SQLITE_IOERR_SHORT_READ') {
    return fault('conflict', `${file}: its log ${file}-wal was deleted while a studio has it open.`, {
      hint: 'That studio puts it back within a second: try again.',
      retryable: true,
    })
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return fault('conflict', message, { hint: 'Another program holds the database; close it.', retryable: true })
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return damageFault(file, [error instanceof Error ? error.message : String(error)])
  }
  if (/^SQLITE_(IOERR|READONLY|CANTOPEN)/.test(code)) {
    return fault('disk', message, { hint: 'Check that the folder exists and may be written.' })
  }
  return fault('internal', message, { hint: 'This is a fault of the studio; please report it.' })
}

/** Whether no other process has it open, by the lock of it that every connection keeps; damage is told where it is opened. */
function isAlone(file: string): boolean {
  let database: Database | undefined
  try {
    database = new BetterSqlite(file, { timeout: 0, fileMustExist: true })
    database.pragma('locking_mode = EXCLUSIVE')
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return true
  } catch (error) {
    return !(error instanceof BetterSqlite.SqliteError && error.code.startsWith('SQLITE_BUSY'))
  } finally {
    database?.close()
  }
}

/**
 * Refuses a database of which the log, its index, or the file itself was deleted while another process has it open: that one
 * goes on in files that nobody else can open, and SQLite would mix what both write. A `conflict` that a second cures.
 */
export function refuseOrphaned(file: string): void {
  const beside = ['-wal', '-shm'].map((part) => existsSync(file + part))
  const isWhole = existsSync(file) ? beside.every(Boolean) || isAlone(file) : !beside.some(Boolean)
  if (isWhole) return
  throw fault('conflict', `${file}: files of it were deleted while a studio has it open.`, {
    hint: 'That studio puts them back within a second: try again.',
    retryable: true,
  })
}

/** The file as it is, nothing checked: for reading what is left of a damaged one, even one that was cut short. */
export function openRaw(file: string): Database {
  refuseOrphaned(file)
  const database = new BetterSqlite(file, { timeout: RAW_TIMEOUT_MS, fileMustExist: true })
  // With a writable schema SQLite takes the length of the file for the truth, not that in its header.
  database.unsafeMode(true)
  database.pragma('writable_schema = ON')
  return database
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
