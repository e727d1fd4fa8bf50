import type { Checkpoint } from '../../../shared/domain/run.ts'
import type { Database } from './database.ts'

type CheckpointRow = Omit<Checkpoint, 'best'> & { readonly best: number }

/** Exported so that a test can ask SQLite for the query plans. */
export const CHECKPOINT_SQL = {
  listCheckpoints: `SELECT step, folder, bytes, eval_loss AS evalLoss, best,
    created_at AS createdAt FROM checkpoints WHERE run_id = ? ORDER BY step`,
  removeCheckpoint: 'DELETE FROM checkpoints WHERE run_id = ? AND folder = ?',
} as const

/** Complete checkpoint folders on disk; a row is written after its folder was synced. */
export function createCheckpointStore(database: Database) {
  const upsert = database.prepare(`INSERT INTO checkpoints (run_id, step, folder, bytes, eval_loss, best, created_at)
    VALUES (@runId, @step, @folder, @bytes, @evalLoss, @best, @createdAt)
    ON CONFLICT (run_id, step) DO UPDATE SET folder = excluded.folder, bytes = excluded.bytes,
    eval_loss = excluded.eval_loss, best = excluded.best, created_at = excluded.created_at`)
  const removeOne = database.prepare(CHECKPOINT_SQL.removeCheckpoint)
  const clearBest = database.prepare('UPDATE checkpoints SET best = 0 WHERE run_id = ?')
  const list = database.prepare<[string], CheckpointRow>(CHECKPOINT_SQL.listCheckpoints)
  return {
    /** Adds one and forgets those the engine has deleted (save_total_limit); a new best one takes the mark from the old. */
    add: database.transaction((runId: string, checkpoint: Checkpoint, removed: readonly string[]): void => {
      if (checkpoint.best) clearBest.run(runId)
      upsert.run({ ...checkpoint, bytes: Math.round(checkpoint.bytes), best: checkpoint.best ? 1 : 0, runId })
      for (const folder of removed) removeOne.run(runId, folder)
    }),
    /** Those whose folders are gone. */
    forget: database.transaction((runId: string, folders: readonly string[]): void => {
      for (const folder of folders) removeOne.run(runId, folder)
    }),
    /** Oldest first. */
    list: (runId: string): Checkpoint[] => list.all(runId).map((row) => ({ ...row, best: row.best === 1 })),
  }
}
