import type { Migration } from './migration.ts'

/** Summaries of 128 steps of a dense series, so that a long one is thinned without reading all of it (store/leaves.ts). */
export const metricLeaves: Migration = (database) => {
  database.exec(`
    CREATE TABLE metric_leaves (
      series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
      leaf INTEGER NOT NULL,
      step INTEGER NOT NULL,
      value REAL NOT NULL,
      min REAL NOT NULL,
      max REAL NOT NULL,
      wall_ms INTEGER NOT NULL,
      PRIMARY KEY (series_id, leaf)
    ) STRICT, WITHOUT ROWID;
  `)
}
