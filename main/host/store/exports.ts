import type { StudioErrorData } from '../../../shared/domain/error.ts'
import { type ExportJob, exportJobSchema } from '../../../shared/domain/export.ts'
import type { ProcessIdentity } from '../process-identity.ts'
import type { Database } from './database.ts'

type ExportRow = Omit<ExportJob, 'report' | 'error'> & { report: string | null; error: string | null }

const COLUMNS =
  'id, run_id AS runId, kind, folder, step, status, phase, progress, created_at AS createdAt, report, error'

/** Exported so that a test can ask SQLite for the query plans. */
export const EXPORT_SQL = {
  listExports: `SELECT ${COLUMNS} FROM exports WHERE run_id = ? ORDER BY created_at, id`,
  runningExports: `SELECT id, run_id AS runId, folder, owner_pid AS pid, owner_start AS start FROM exports WHERE status = 'running'`,
  /** SQLite takes the other columns from the row of the maximum. */
  runOfFolder: `SELECT run_id AS runId, max(created_at) AS createdAt FROM exports WHERE status = 'finished' AND folder = ?`,
} as const

function toJob({ report, error, ...row }: ExportRow): ExportJob {
  const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text))
  return exportJobSchema.parse({ ...row, report: json(report), error: json(error) })
}

/** Rows of `exports`. */
export function createExportStore(database: Database) {
  const insert = database.prepare(`INSERT INTO exports
    (id, run_id, kind, folder, step, status, phase, progress, created_at, owner_pid, owner_start)
    VALUES (@id, @runId, @kind, @folder, @step, @status, @phase, @progress, @createdAt, @pid, @start)`)
  const update = database.prepare(`UPDATE exports SET status = @status, phase = @phase, progress = @progress,
    report = @report, error = @error WHERE id = @id`)
  const list = database.prepare<[string], ExportRow>(EXPORT_SQL.listExports)
  const running = database.prepare<[], { id: string; runId: string; folder: string; pid: number; start: string }>(
    EXPORT_SQL.runningExports,
  )
  const runOfFolder = database.prepare<[string], { runId: string | null }>(EXPORT_SQL.runOfFolder)
  const fail = database.prepare("UPDATE exports SET status = 'failed', phase = NULL, error = ? WHERE id = ?")
  return {
    insert({ report: _report, error: _error, ...job }: ExportJob, owner: ProcessIdentity): void {
      insert.run({ ...job, ...owner })
    },
    update({ id, status, phase, progress, report, error }: ExportJob): void {
      const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
      update.run({ id, status, phase, progress, report: json(report), error: json(error) })
    },
    /** Oldest first. */
    list: (runId: string): ExportJob[] => list.all(runId).map(toJob),
    /** The run that was last exported to a folder, if one was. */
    runOf: (folder: string): string | null => runOfFolder.get(folder)?.runId ?? null,
    /** Exports at work, with the host that answers for each. */
    running: () => running.all(),
    fail: (id: string, error: StudioErrorData): void => void fail.run(JSON.stringify(error), id),
  }
}
