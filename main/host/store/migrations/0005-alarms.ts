import type { Migration } from './migration.ts'

/** What is wrong with the numbers of a run, one row a kind (shared/domain/alarm.ts). */
export const alarms: Migration = (database) => {
  database.exec(`
    CREATE TABLE alarms (
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      kind TEXT NOT NULL,
      step INTEGER NOT NULL,
      message TEXT NOT NULL,
      hint TEXT NOT NULL,
      PRIMARY KEY (run_id, kind)
    ) STRICT, WITHOUT ROWID;
  `)
}
