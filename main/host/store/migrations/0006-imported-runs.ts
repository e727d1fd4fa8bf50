import type { Migration } from './migration.ts'

/** When a run was taken from a bundle; null for those made here. */
export const importedRuns: Migration = (database) => {
  database.exec('ALTER TABLE runs ADD COLUMN imported_at INTEGER')
}
