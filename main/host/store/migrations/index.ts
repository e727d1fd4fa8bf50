import { firstTables } from './0001-first-tables.ts'
import type { Migration } from './migration.ts'

/** All steps in order; the number of a file is its place here, counted from 1. Only ever append. */
export const MIGRATIONS: readonly Migration[] = [firstTables]
