import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { syncToDisk } from '../../durable.ts'
import { stamp } from './backups.ts'
import { type Database, openDatabase, openRaw, storeFault } from './database.ts'
import { MIGRATIONS } from './migrations/index.ts'

/** What came over into the new file. */
export type Recovery = {
  readonly rows: Readonly<Record<string, number>>
  /** Tables of which a part could not be read, each with what SQLite said. */
  readonly lost: readonly string[]
  /** Where the damaged file is now. */
  readonly kept: string
}

/** In the order that references want; leaves are left out, they are made up again from the metrics. */
const TABLES = [
  'runs',
  'library',
  'downloads',
  'series',
  'checkpoints',
  'alarms',
  'exports',
  'chats',
  'chat_turns',
  'metrics',
] as const

type Row = Record<string, string | number | null>
type Range = { readonly where: string; readonly values: readonly number[] }

/** Columns of the primary key, which every table here has. */
const keyOf = (database: Database, table: string): string[] =>
  database
    .prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk')
    .all(table)
    .map(({ name }) => name)

const columnsOf = (database: Database, table: string): string[] =>
  database
    .prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map(({ name }) => name)

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Reads a range from its start until a damaged page, then from its end until that page: all that can be reached. */
function readableRows(old: Database, table: string, columns: readonly string[], { where, values }: Range) {
  const key = keyOf(old, table)
  const found: Row[] = []
  let problem: string | null = null
  const walk = (direction: 'ASC' | 'DESC'): void => {
    const order = key.map((name) => `${name} ${direction}`).join(', ')
    const sql = `SELECT ${columns.join(', ')} FROM ${table} ${where} ORDER BY ${order}`
    try {
      for (const row of old.prepare<number[], Row>(sql).iterate(...values)) found.push(row)
    } catch (error) {
      if (direction === 'ASC') {
        problem = textOf(error)
        walk('DESC')
      }
    }
  }
  walk('ASC')
  return { found, problem }
}

/** One range a table; metrics are read series by series, so that a damaged page costs no more than its neighbourhood. */
function rangesOf(fresh: Database, table: string): Range[] {
  if (table !== 'metrics') return [{ where: '', values: [] }]
  const series = fresh.prepare<[], { id: number }>('SELECT id FROM series ORDER BY id').all()
  return series.map(({ id }) => ({ where: 'WHERE series_id = ?', values: [id] }))
}

function copyTable(old: Database, fresh: Database, table: string): { rows: number; problems: string[] } {
  const known = new Set(columnsOf(fresh, table))
  const columns = columnsOf(old, table).filter((name) => known.has(name))
  if (columns.length === 0) return { rows: 0, problems: ['the table is not there'] }
  const insert = fresh.prepare(
    `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  )
  let rows = 0
  const problems = new Set<string>()
  for (const range of rangesOf(fresh, table)) {
    const { found, problem } = readableRows(old, table, columns, range)
    if (problem !== null) problems.add(problem)
    for (const row of found) {
      try {
        rows += insert.run(...columns.map((name) => row[name] ?? null)).changes
      } catch (error) {
        problems.add(textOf(error))
      }
    }
  }
  return { rows, problems: [...problems] }
}

function copyReadable(old: Database, fresh: Database): Omit<Recovery, 'kept'> {
  const counts: Record<string, number> = {}
  const lost: string[] = []
  for (const table of TABLES) {
    let result: ReturnType<typeof copyTable>
    try {
      result = fresh.transaction(() => copyTable(old, fresh, table))()
    } catch (error) {
      result = { rows: 0, problems: [textOf(error)] }
    }
    counts[table] = result.rows
    if (result.problems.length > 0) lost.push(`${table}: ${result.problems.join('; ')}`)
  }
  return { rows: counts, lost }
}

/** The schema version of a file whose header may be garbage. */
function versionOf(old: Database): number {
  const version = Number(old.pragma('user_version', { simple: true }))
  return version >= 1 && version <= MIGRATIONS.length ? version : MIGRATIONS.length
}

/** Takes the file for this process alone, its log written into it; a file too damaged for that can have no other user. */
function takeAlone(old: Database, file: string): void {
  try {
    old.pragma('wal_checkpoint(TRUNCATE)')
    old.pragma('locking_mode = EXCLUSIVE')
    old.exec('BEGIN IMMEDIATE; COMMIT')
  } catch (error) {
    const { data } = storeFault(error, file)
    if (data.code === 'conflict') throw error
  }
}

function fillFrom(file: string, recovering: string): Omit<Recovery, 'kept'> {
  const old = openRaw(file)
  try {
    takeAlone(old, file)
    const version = readable(() => versionOf(old)) ?? MIGRATIONS.length
    const fresh = openDatabase(recovering, MIGRATIONS.slice(0, version))
    fresh.pragma('foreign_keys = OFF')
    try {
      return copyReadable(old, fresh)
    } finally {
      dropOrphans(fresh)
      fresh.close()
    }
  } finally {
    old.close()
  }
}

function readable<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

/** Rows whose run or series is lost would never be shown and never be deleted. */
function dropOrphans(fresh: Database): void {
  fresh.exec(`DELETE FROM series WHERE run_id NOT IN (SELECT id FROM runs);
    DELETE FROM checkpoints WHERE run_id NOT IN (SELECT id FROM runs);
    DELETE FROM alarms WHERE run_id NOT IN (SELECT id FROM runs);
    DELETE FROM exports WHERE run_id NOT IN (SELECT id FROM runs);
    DELETE FROM chat_turns WHERE chat_id NOT IN (SELECT id FROM chats);
    DELETE FROM metrics WHERE series_id NOT IN (SELECT id FROM series);`)
}

const beside = (file: string): string[] => [file, `${file}-wal`, `${file}-shm`]

/**
 * Puts what can be read of a damaged database into a new one in its place; the damaged one is kept beside it under another
 * name. A `conflict` where another studio has it open. On any failure everything is as it was.
 */
export function recoverDatabase(file: string): Recovery {
  const recovering = `${file}.recovering-${process.pid}`
  const kept = `${file}.damaged-${stamp()}`
  try {
    const report = fillFrom(file, recovering)
    openDatabase(recovering).close()
    syncToDisk(recovering)
    // The log goes with its database: beside the new one it would be replayed into it.
    for (const [i, path] of beside(file).entries()) if (existsSync(path)) renameSync(path, beside(kept)[i] ?? path)
    renameSync(recovering, file)
    syncToDisk(dirname(file))
    return { ...report, kept }
  } catch (error) {
    for (const path of beside(recovering)) rmSync(path, { force: true })
    const { data } = storeFault(error, file)
    if (data.code !== 'conflict') throw error
    throw fault('conflict', `${file} cannot be repaired while another studio has it open.`, {
      hint: 'Close the other windows and commands of the studio, then try again.',
    })
  }
}
