import type { Migration } from './migration.ts'

/** Exports at work are asked for every second; without this, every export that ever was is read each time. */
export const exportsByStatus: Migration = (database) => {
  database.exec('CREATE INDEX exports_by_status ON exports (status)')
}
