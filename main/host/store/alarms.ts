import type { Alarm, AlarmKind } from '../../../shared/domain/alarm.ts'
import type { Database } from './database.ts'

/** Rows of `alarms`; they are read with the summary of their run. */
export function createAlarmStore(database: Database) {
  const raise = database.prepare(`INSERT INTO alarms (run_id, kind, step, message, hint)
    VALUES (@runId, @kind, @step, @message, @hint)
    ON CONFLICT (run_id, kind) DO UPDATE SET step = excluded.step, message = excluded.message, hint = excluded.hint`)
  const clear = database.prepare('DELETE FROM alarms WHERE run_id = ? AND kind = ?')
  const clearAll = database.prepare('DELETE FROM alarms WHERE run_id = ?')
  return {
    /** Null: it is over. */
    set(runId: string, kind: AlarmKind, alarm: Alarm | null): void {
      if (alarm) raise.run({ runId, ...alarm })
      else clear.run(runId, kind)
    },
    /** A run that starts, or goes on, is judged anew. */
    clear: (runId: string): void => void clearAll.run(runId),
  }
}
