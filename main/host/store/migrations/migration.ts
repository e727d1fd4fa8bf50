import type { Database } from '../database.ts'

/** One step of the schema. It runs inside a transaction and must not open its own. */
export type Migration = (database: Database) => void
