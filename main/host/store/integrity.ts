import { StudioError } from '../../../shared/domain/error.ts'
import type { Database } from './database.ts'

/** Complaints of SQLite that are listed; one damaged page can cause thousands. */
const MOST_COMPLAINTS = 20

/** The tables that grow with every step; all others are small enough to be checked at every start. */
const LARGE_TABLES: readonly string[] = ['metrics', 'metric_leaves']

/** What SQLite says against a table, or the whole file; empty where it is sound. */
function complaints(database: Database, check: string): string[] {
  const rows = database.pragma(check)
  const texts = Array.isArray(rows) ? rows.flatMap((row: object) => Object.values(row).map(String)) : []
  return texts.filter((text) => text !== 'ok')
}

const tablesOf = (database: Database): string[] =>
  database
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
    .map(({ name }) => name)

/** The cheap look at every start: all but the large tables, a few milliseconds whatever the length of the history. */
export const checkAtStart = (database: Database): string[] =>
  tablesOf(database)
    .filter((name) => !LARGE_TABLES.includes(name))
    .flatMap((name) => complaints(database, `quick_check('${name}')`))
    .slice(0, MOST_COMPLAINTS)

/** Every page and index of the file, and every reference between tables; about a second a gigabyte. */
export function checkWhole(database: Database): string[] {
  const found = complaints(database, `integrity_check(${MOST_COMPLAINTS})`)
  if (found.length > 0) return found
  const orphans = database.pragma('foreign_key_check')
  return Array.isArray(orphans) && orphans.length > 0
    ? [`${orphans.length} rows belong to a run that is not there`]
    : []
}

/** A history that SQLite cannot read any more; what can be done is in recover.ts. */
export class DamagedDatabase extends StudioError {}

export const damageFault = (file: string, details: readonly string[]): DamagedDatabase =>
  new DamagedDatabase({
    code: 'bad-file',
    message: `${file} is damaged${details[0] ? `: ${details[0]}` : ''}.`,
    hint: 'Repair it with "npm run cli -- history --repair": what can be read goes into a new file, and the damaged one is kept.',
    details: details.length > 1 ? [...details] : [],
    retryable: false,
  })
