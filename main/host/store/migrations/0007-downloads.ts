import type { Migration } from './migration.ts'

/** Downloads from the hub, ended ones included; what has come of a file lies in the hub's cache. */
export const downloads: Migration = (database) => {
  database.exec(`
    CREATE TABLE downloads (
      id TEXT NOT NULL PRIMARY KEY,
      kind TEXT NOT NULL,
      repo TEXT NOT NULL,
      revision TEXT NOT NULL,
      hash TEXT NOT NULL,
      page TEXT NOT NULL,
      files TEXT NOT NULL,
      status TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      received INTEGER NOT NULL,
      paths TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      error TEXT,
      owner_pid INTEGER NOT NULL,
      owner_start TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
  `)
}
