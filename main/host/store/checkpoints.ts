import type { Checkpoint } from '../../../shared/domain/run.ts'
import type { Database } from './database.ts'

/** Complete checkpoint folders on disk; a row is written after its folder was synced. */
export function createCheckpointStore(database: Database) {
  const upsert = database.prepare(`INSERT INTO checkpoints (run_id, step, folder, bytes, eval_loss, created_at)
    VALUES (@runId, @step, @folder, @bytes, @evalLoss, @createdAt)
    ON CONFLICT (run_id, step) DO UPDATE SET folder = excluded.folder, bytes = excluded.bytes,
    eval_loss = excluded.eval_loss, created_at = excluded.created_at`)
  const removeOne = database.prepare('DELETE FROM checkpoints WHERE run_id = ? AND folder = ?')
  const list = database.prepare<[string], Checkpoint>(`SELECT step, folder, bytes, eval_loss AS evalLoss,
    created_at AS createdAt FROM checkpoints WHERE run_id = ? ORDER BY step`)
  return {
    /** Adds one and forgets those the engine has deleted (save_total_limit). */
    add: database.transaction((runId: string, checkpoint: Checkpoint, removed: readonly string[]): void => {
      upsert.run({ ...checkpoint, bytes: Math.round(checkpoint.bytes), runId })
      for (const folder of removed) removeOne.run(runId, folder)
    }),
    /** Oldest first. */
    list: (runId: string): Checkpoint[] => list.all(runId),
  }
}
