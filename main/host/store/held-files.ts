import { renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { syncToDisk } from '../../durable.ts'
import type { Database } from './database.ts'

/** The database, its log, and the index of the log that all its connections share. */
const PARTS = ['', '-wal', '-shm'] as const

/** The store waits no longer for a reader: it has a window to answer. */
const READER_TIMEOUT_MS = 500

function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found ? `${found.dev}:${found.ino}` : null
}

/**
 * The files a connection has open, by name. Deleted ones stay open: this process would go on with files that nobody else
 * can see, another would begin new ones, and what both wrote would be lost or mixed.
 */
export function holdFiles(file: string): { lost: () => string[] } {
  const held = PARTS.map((part) => ({ path: file + part, identity: identityOf(file + part) }))
  return {
    /** Paths under which the open files are no longer found. Throws a `conflict` where another database stands in its place. */
    lost() {
      const lost = held.filter(({ path, identity }) => identity !== null && identityOf(path) !== identity)
      if (lost[0]?.path === file && identityOf(file) !== null) {
        throw fault('conflict', `${file} was replaced while the studio was at work, which goes on with the old one.`, {
          hint: 'Close all studios before you put another history in place.',
        })
      }
      return lost.map(({ path }) => path)
    },
  }
}

/** Writes the whole log into the database. Throws a `conflict` where a reader of what was before keeps a part of it back. */
function emptyLog(database: Database, file: string): void {
  const timeout = Number(database.pragma('busy_timeout', { simple: true }))
  database.pragma(`busy_timeout = ${READER_TIMEOUT_MS}`)
  try {
    if (Number(database.pragma('wal_checkpoint(TRUNCATE)', { simple: true })) === 0) return
  } finally {
    database.pragma(`busy_timeout = ${timeout}`)
  }
  throw fault(
    'conflict',
    `${file}-wal was deleted, and cannot be put back while ${file} is still read by another program.`,
    {
      hint: 'The studio goes on and tries again every second. Do not close it before the other one has ended.',
      retryable: true,
    },
  )
}

/**
 * Brings all that a connection can read to where its file belongs; the connection is to be closed afterwards. A log is
 * written into the database; a database that is gone is written anew. On any failure the connection is as it was.
 */
export function putBack(database: Database, file: string): void {
  if (identityOf(file) !== null) {
    emptyLog(database, file)
    return
  }
  const copy = `${file}.copy`
  rmSync(copy, { force: true })
  database.prepare('VACUUM INTO ?').run(copy)
  syncToDisk(copy)
  // A log without its database would be taken for that of the new one.
  for (const part of ['-wal', '-shm']) rmSync(file + part, { force: true })
  renameSync(copy, file)
  syncToDisk(dirname(file))
}
