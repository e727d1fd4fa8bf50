import type { StudioErrorData } from '../../../shared/domain/error.ts'
import { type Download, type DownloadStatus, downloadSchema } from '../../../shared/domain/hub.ts'
import type { ProcessIdentity } from '../process-identity.ts'
import type { Database } from './database.ts'

type Row = Record<'files' | 'paths' | 'error', string | null> & Omit<Download, 'files' | 'paths' | 'error'>

const COLUMNS = `id, kind, repo, revision, hash AS "commit", page, files, status, bytes, received AS receivedBytes, paths,
  created_at AS createdAt, error`

/** Statuses that say that a host is at work on it. */
const AT_WORK = `('queued', 'downloading')`

/** What changes of a download; the speed and the file at hand are told, not kept. */
export type DownloadPatch = {
  readonly status?: DownloadStatus
  readonly receivedBytes?: number
  readonly paths?: readonly string[]
  readonly error?: StudioErrorData | null
}

function toDownload({ files, paths, error, ...row }: Row): Download {
  const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text))
  const parts = { files: json(files), paths: json(paths), error: json(error) }
  return downloadSchema.parse({ ...row, ...parts, bytesPerSecond: null, phase: null })
}

/** Rows of `downloads`: a handful, kept until they are taken off the list. */
export function createDownloadStore(database: Database) {
  const insert = database.prepare(`INSERT INTO downloads
    (id, kind, repo, revision, hash, page, files, status, bytes, received, paths, created_at, error, owner_pid, owner_start)
    VALUES (@id, @kind, @repo, @revision, @commit, @page, @files, @status, @bytes, @receivedBytes, @paths, @createdAt,
      NULL, @pid, @start)`)
  const update = database.prepare(`UPDATE downloads SET status = coalesce(@status, status),
    received = coalesce(@receivedBytes, received), paths = coalesce(@paths, paths),
    error = CASE WHEN @sayError THEN @error ELSE error END WHERE id = @id`)
  const claim = database.prepare(`UPDATE downloads SET status = 'queued', error = NULL, owner_pid = @pid,
    owner_start = @start WHERE id = @id AND status NOT IN ${AT_WORK} AND status != 'finished'`)
  const list = database.prepare<[], Row>(`SELECT ${COLUMNS} FROM downloads ORDER BY created_at, id`)
  const get = database.prepare<[string], Row>(`SELECT ${COLUMNS} FROM downloads WHERE id = ?`)
  const owned = database.prepare<[], { id: string; pid: number; start: string }>(
    `SELECT id, owner_pid AS pid, owner_start AS start FROM downloads WHERE status IN ${AT_WORK}`,
  )
  const remove = database.prepare('DELETE FROM downloads WHERE id = ?')
  return {
    insert(
      { files, paths, error: _error, bytesPerSecond: _speed, phase: _phase, ...row }: Download,
      owner: ProcessIdentity,
    ): void {
      insert.run({ ...row, ...owner, files: JSON.stringify(files), paths: JSON.stringify(paths) })
    },
    update(id: string, { status = undefined, receivedBytes, paths, error }: DownloadPatch): void {
      update.run({
        id,
        status: status ?? null,
        receivedBytes: receivedBytes ?? null,
        paths: paths ? JSON.stringify(paths) : null,
        sayError: error === undefined ? 0 : 1,
        error: error ? JSON.stringify(error) : null,
      })
    },
    /** Takes one that rests for this host; false where it is at work or finished. */
    claim: (id: string, owner: ProcessIdentity): boolean => claim.run({ id, ...owner }).changes > 0,
    /** Oldest first. */
    list: (): Download[] => list.all().map(toDownload),
    get(id: string): Download | null {
      const row = get.get(id)
      return row ? toDownload(row) : null
    },
    /** Those at work, with the host that answers for each. */
    atWork: () => owned.all(),
    remove: (id: string): boolean => remove.run(id).changes > 0,
  }
}
