import type { Migration } from './migration.ts'

/** What runs that were started together, one a method, have in common; null for a run by itself. */
export const twins: Migration = (database) => {
  database.exec('ALTER TABLE runs ADD COLUMN twins TEXT')
}
