import type { Migration } from './migration.ts'

/** Runs, long-form metrics, checkpoints and exports. Times are milliseconds since 1970. */
export const firstTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE runs (
      id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN
        ('queued', 'preparing', 'running', 'stopping', 'finished', 'stopped', 'failed', 'interrupted')),
      config TEXT NOT NULL CHECK (json_valid(config)),
      seed INTEGER NOT NULL,
      versions TEXT NOT NULL CHECK (json_valid(versions)),
      plan TEXT CHECK (plan IS NULL OR json_valid(plan)),
      model_hash TEXT,
      data_hash TEXT,
      created_at INTEGER NOT NULL,
      started_at INTEGER,
      ended_at INTEGER,
      step INTEGER NOT NULL DEFAULT 0,
      total_steps INTEGER NOT NULL DEFAULT 0,
      phase TEXT,
      error TEXT CHECK (error IS NULL OR json_valid(error)),
      owner_pid INTEGER NOT NULL,
      owner_start TEXT NOT NULL
    ) STRICT;
    CREATE INDEX runs_by_status ON runs (status);
    CREATE INDEX runs_by_creation ON runs (created_at DESC, id DESC);

    CREATE TABLE series (
      id INTEGER PRIMARY KEY,
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      module TEXT NOT NULL,
      UNIQUE (run_id, name, module)
    ) STRICT;

    CREATE TABLE metrics (
      series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
      step INTEGER NOT NULL,
      value REAL NOT NULL,
      wall_ms INTEGER NOT NULL,
      PRIMARY KEY (series_id, step)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE checkpoints (
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      step INTEGER NOT NULL,
      folder TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      eval_loss REAL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (run_id, step)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE exports (
      id TEXT PRIMARY KEY NOT NULL,
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      kind TEXT NOT NULL,
      folder TEXT NOT NULL,
      step INTEGER NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'failed')),
      phase TEXT,
      progress REAL NOT NULL,
      created_at INTEGER NOT NULL,
      report TEXT CHECK (report IS NULL OR json_valid(report)),
      error TEXT CHECK (error IS NULL OR json_valid(error)),
      owner_pid INTEGER NOT NULL,
      owner_start TEXT NOT NULL
    ) STRICT;
    CREATE INDEX exports_by_run ON exports (run_id, created_at);
  `)
}
