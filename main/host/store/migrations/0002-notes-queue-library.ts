import type { Migration } from './migration.ts'

/** What the user says about a run, its place in the queue, which checkpoint is best, and the models and data files in use. */
export const notesQueueLibrary: Migration = (database) => {
  database.exec(`
    ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags));
    ALTER TABLE runs ADD COLUMN notes TEXT NOT NULL DEFAULT '';
    ALTER TABLE runs ADD COLUMN queue_rank INTEGER;
    ALTER TABLE checkpoints ADD COLUMN best INTEGER NOT NULL DEFAULT 0 CHECK (best IN (0, 1));

    CREATE TABLE library (
      kind TEXT NOT NULL CHECK (kind IN ('models', 'data')),
      path TEXT NOT NULL,
      added_at INTEGER NOT NULL,
      PRIMARY KEY (kind, path)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO library (kind, path, added_at)
      SELECT 'models', config ->> '$.model_name_or_path', min(created_at) FROM runs GROUP BY 2;
    INSERT INTO library (kind, path, added_at)
      SELECT 'data', config ->> '$.train_file', min(created_at) FROM runs GROUP BY 2;
  `)
}
