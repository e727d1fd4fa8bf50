import { alarmSchema } from '../../../shared/domain/alarm.ts'
import { type StudioErrorData, studioErrorSchema } from '../../../shared/domain/error.ts'
import {
  ACTIVE_STATUSES,
  type RunPlan,
  type RunStatus,
  type RunSummary,
  runPlanSchema,
  runTagsSchema,
} from '../../../shared/domain/run.ts'
import { type RunConfig, runConfigSchema } from '../../../shared/domain/run-config.ts'
import type { ProcessIdentity } from '../process-identity.ts'
import type { Database } from './database.ts'

export type NewRun = {
  readonly id: string
  readonly config: RunConfig
  readonly versions: Readonly<Record<string, string>>
  readonly createdAt: number
  readonly owner: ProcessIdentity
  readonly twins?: string | null
}

/** What may change after a run was created; only the given fields are written. */
export type RunPatch = {
  readonly name?: string
  readonly status?: RunStatus
  readonly startedAt?: number | null
  readonly endedAt?: number | null
  readonly step?: number
  readonly totalSteps?: number
  readonly phase?: string | null
  readonly error?: StudioErrorData | null
  readonly plan?: RunPlan
  readonly versions?: Readonly<Record<string, string>>
  readonly owner?: ProcessIdentity
  readonly tags?: readonly string[]
  readonly notes?: string
  readonly importedAt?: number
}

/** The parts of a run that are not in its summary. */
export type RunRecord = {
  readonly config: RunConfig
  readonly plan: RunPlan | null
  readonly versions: Record<string, string>
  readonly owner: ProcessIdentity
}

type SummaryRow = Omit<RunSummary, 'error' | 'resumable' | 'model' | 'data' | 'tags' | 'alarms' | 'imported'> & {
  tags: string
  alarms: string
  imported: number
  error: string | null
  modelPath: string
  dataPath: string
  checkpoints: number
}
type RecordRow = { config: string; plan: string | null; versions: string; ownerPid: number; ownerStart: string }

const ACTIVE_LIST = ACTIVE_STATUSES.map((status) => `'${status}'`).join(', ')
/** Newest value of a run-wide metric: two index seeks, however long the series. */
const latest = (name: string) => `(SELECT m.value FROM series s JOIN metrics m ON m.series_id = s.id
  WHERE s.run_id = r.id AND s.name = '${name}' AND s.module = '' ORDER BY m.step DESC LIMIT 1)`

const SUMMARY = `SELECT r.id, r.name, r.status, r.created_at AS createdAt, r.started_at AS startedAt,
  r.ended_at AS endedAt, r.step, r.total_steps AS totalSteps, r.phase, r.error,
  r.tags, r.notes, r.twins, r.imported_at IS NOT NULL AS imported, CASE WHEN r.status = 'queued' THEN (SELECT count(*) FROM runs q WHERE q.status = 'queued'
    AND (coalesce(q.queue_rank, 0), q.created_at, q.id) <= (coalesce(r.queue_rank, 0), r.created_at, r.id))
  END AS queuePosition,
  r.config ->> '$.method' AS method, r.config ->> '$.model_name_or_path' AS modelPath,
  r.config ->> '$.train_file' AS dataPath, ${latest('train_loss')} AS trainLoss, ${latest('eval_loss')} AS evalLoss,
  ${latest('eval_accuracy')} AS evalAccuracy, ${latest('test_accuracy')} AS testAccuracy,
  (SELECT json_group_array(json_object('kind', a.kind, 'step', a.step, 'message', a.message, 'hint', a.hint))
    FROM alarms a WHERE a.run_id = r.id) AS alarms,
  EXISTS (SELECT 1 FROM checkpoints c WHERE c.run_id = r.id) AS checkpoints FROM runs r`

/** Exported so that a test can ask SQLite for the query plan. */
export const RUN_SQL = {
  list: `${SUMMARY} ORDER BY r.created_at DESC, r.id DESC`,
  summary: `${SUMMARY} WHERE r.id = ?`,
  active: `SELECT id, owner_pid AS pid, owner_start AS start FROM runs WHERE status IN (${ACTIVE_LIST})`,
  claim: `UPDATE runs SET status = 'preparing' WHERE id = ? AND status = 'queued'
    AND NOT EXISTS (SELECT 1 FROM runs WHERE status IN ('preparing', 'running', 'stopping')) RETURNING id`,
  lastDevice: "SELECT plan ->> '$.device' AS device FROM runs WHERE plan IS NOT NULL ORDER BY created_at DESC LIMIT 1",
  removeMetrics: 'DELETE FROM metrics WHERE series_id IN (SELECT id FROM series WHERE run_id = ?)',
} as const

/** The last two parts of a path name a model or a file well enough in a list. */
function shortPath(path: string): string {
  return path
    .split(/[\\/]+/)
    .filter(Boolean)
    .slice(-2)
    .join('/')
}

const RESUMABLE: readonly RunStatus[] = ['stopped', 'failed', 'interrupted']

function toSummary({
  error,
  modelPath,
  dataPath,
  checkpoints,
  tags,
  alarms,
  imported,
  ...row
}: SummaryRow): RunSummary {
  const fault = error === null ? null : studioErrorSchema.parse(JSON.parse(error))
  // Without a checkpoint a run starts over, to the same losses, where nobody asked for its end or its cause may be gone.
  const startsOver = row.status === 'interrupted' || (row.status === 'failed' && fault?.retryable === true)
  return {
    ...row,
    model: shortPath(modelPath),
    data: shortPath(dataPath),
    tags: runTagsSchema.parse(JSON.parse(tags)),
    alarms: alarmSchema.array().parse(JSON.parse(alarms)),
    error: fault,
    imported: imported === 1,
    // What an imported run had trained lies elsewhere.
    resumable: imported === 0 && RESUMABLE.includes(row.status) && (checkpoints === 1 || startsOver),
  }
}

/** The columns of a patch as SQLite takes them. */
function columnsOf(patch: RunPatch): Record<string, string | number | null> {
  const columns: Record<string, string | number | null | undefined> = {
    name: patch.name,
    status: patch.status,
    started_at: patch.startedAt,
    ended_at: patch.endedAt,
    step: patch.step,
    total_steps: patch.totalSteps ?? patch.plan?.totalSteps,
    phase: patch.phase,
    error: patch.error && JSON.stringify(patch.error),
    plan: patch.plan && JSON.stringify(patch.plan),
    model_hash: patch.plan?.modelHash,
    data_hash: patch.plan?.dataHash,
    versions: patch.versions && JSON.stringify(patch.versions),
    owner_pid: patch.owner?.pid,
    owner_start: patch.owner?.start,
    tags: patch.tags && JSON.stringify(patch.tags),
    notes: patch.notes,
    imported_at: patch.importedAt,
  }
  const given = Object.entries(columns).filter(
    (entry): entry is [string, string | number | null] => entry[1] !== undefined,
  )
  return Object.fromEntries(given)
}

/** Rows of `runs`. */
export function createRunStore(database: Database) {
  const insert = database.prepare(`INSERT INTO runs
    (id, name, status, config, seed, versions, created_at, owner_pid, owner_start, twins)
    VALUES (@id, @name, 'queued', @config, @seed, @versions, @createdAt, @ownerPid, @ownerStart, @twins)`)
  const list = database.prepare<[], SummaryRow>(RUN_SQL.list)
  const summary = database.prepare<[string], SummaryRow>(RUN_SQL.summary)
  const record = database.prepare<[string], RecordRow>(
    'SELECT config, plan, versions, owner_pid AS ownerPid, owner_start AS ownerStart FROM runs WHERE id = ?',
  )
  const active = database.prepare<[], { id: string; pid: number; start: string }>(RUN_SQL.active)
  const claim = database.prepare<[string], { id: string }>(RUN_SQL.claim)
  const device = database.prepare<[], { device: string }>(RUN_SQL.lastDevice)
  const rank = database.prepare('UPDATE runs SET queue_rank = ? WHERE id = ?')
  const remove = database.prepare('DELETE FROM runs WHERE id = ?')
  const removeMetrics = database.prepare(RUN_SQL.removeMetrics)
  return {
    insert({ owner, config, versions, twins = null, ...run }: NewRun): void {
      const texts = { config: JSON.stringify(config), versions: JSON.stringify(versions) }
      const own = { ownerPid: owner.pid, ownerStart: owner.start }
      insert.run({ ...run, ...texts, ...own, twins, name: config.run_name, seed: config.seed })
    },
    list: (): RunSummary[] => list.all().map(toSummary),
    summary(id: string): RunSummary | undefined {
      const row = summary.get(id)
      return row && toSummary(row)
    },
    record(id: string): RunRecord | undefined {
      const row = record.get(id)
      return (
        row && {
          config: runConfigSchema.parse(JSON.parse(row.config)),
          plan: row.plan === null ? null : runPlanSchema.parse(JSON.parse(row.plan)),
          versions: JSON.parse(row.versions),
          owner: { pid: row.ownerPid, start: row.ownerStart },
        }
      )
    },
    /** Device of the newest run that got as far as its plan. */
    lastDevice: (): string | null => device.get()?.device ?? null,
    /** Runs in an active state, with the host that answers for each. */
    active: () => active.all(),
    /** Takes a queued run to `preparing` unless any host is training; true when it was taken. */
    claim: (id: string): boolean => claim.get(id) !== undefined,
    update(id: string, patch: RunPatch): void {
      const columns = columnsOf(patch)
      const names = Object.keys(columns)
      if (names.length === 0) return
      const assignments = names.map((name) => `${name} = @${name}`).join(', ')
      database.prepare(`UPDATE runs SET ${assignments} WHERE id = @id`).run({ ...columns, id })
    },
    /** Writes the order of waiting runs, first to start first. */
    rankQueue: database.transaction((ids: readonly string[]): void => {
      ids.forEach((id, i) => void rank.run(i + 1, id))
    }),
    /** Also removes what belongs to it; metrics first, in one sweep instead of a cascade row by row. */
    remove(id: string): void {
      removeMetrics.run(id)
      remove.run(id)
    },
  }
}
