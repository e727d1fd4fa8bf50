import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { syncToDisk } from '../../durable.ts'
import type { Database } from './database.ts'
import { holdCopy } from './held-copy.ts'

/** The database, its log, and the index of the log that all its connections share. */
const PARTS = ['', '-wal', '-shm'] as const

/** The store waits no longer for a reader: it has a window to answer. */
const READER_TIMEOUT_MS = 500

function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found ? `${found.dev}:${found.ino}` : null
}

/** SQLite's application_id of a copy that takes the place of a deleted file; other studios that hold that one know it by this. */
const copyMark = (identity: string): number => createHash('sha256').update(identity).digest().readInt32BE()

/** Where application_id stands in a database file (SQLite's file format, section 1.3). */
const MARK_OFFSET = 68

/** The mark of a file that this process has not open: closing it would take the locks of a connection to it away. */
function markOf(path: string): number {
  const [fd, bytes] = [openSync(path, 'r'), Buffer.alloc(4)]
  try {
    readSync(fd, bytes, 0, 4, MARK_OFFSET)
    return bytes.readInt32BE()
  } finally {
    closeSync(fd)
  }
}

/** Files of an open history have been deleted since the call began: it is to be made again once they are put back. */
export class FilesLost extends Error {}

export type HeldFiles = ReturnType<typeof holdFiles>

/**
 * The files a connection has open, by name. Deleted ones stay open: this process would go on with files that nobody else
 * can see, another would begin new ones, and what both wrote would be lost or mixed.
 */
export function holdFiles(file: string) {
  const held = PARTS.map((part) => ({ path: file + part, identity: identityOf(file + part) }))
  const own = held[0]?.identity ?? ''
  /** Whether another studio that has the same files open has put the database back already. */
  const isBack = (): boolean => {
    const now = identityOf(file)
    return now !== null && now !== own && markOf(file) === copyMark(own)
  }
  return {
    isBack,
    /** Paths under which the open files are no longer found. Throws a `conflict` where another database stands in its place. */
    lost() {
      const lost = held.filter(({ path, identity }) => identity !== null && identityOf(path) !== identity)
      if (lost[0]?.path === file && identityOf(file) !== null && !isBack()) {
        throw fault('conflict', `${file} was replaced while the studio was at work, which goes on with the old one.`, {
          hint: 'Close all studios before you put another history in place.',
        })
      }
      return lost.map(({ path }) => path)
    },
    /** Takes log and index from where they lie, for new ones: a log and an index must always be of one another. */
    unlinkLog() {
      for (const { path, identity } of held.slice(1)) if (identityOf(path) === identity) rmSync(path, { force: true })
    },
    /** What now lies under the names; another text where any of it is another file. */
    names: (): string => PARTS.map((part) => identityOf(file + part)).join(' '),
    mark: copyMark(own),
  }
}

/** Writes the whole log into the database. Throws a `conflict` where a reader of what was before keeps a part of it back. */
function emptyLog(database: Database, file: string): void {
  const timeout = Number(database.pragma('busy_timeout', { simple: true }))
  database.pragma(`busy_timeout = ${READER_TIMEOUT_MS}`)
  try {
    // SQLite waits for readers and writers, but not for one that empties the log, too.
    for (const end = performance.now() + READER_TIMEOUT_MS; performance.now() < end; ) {
      if (Number(database.pragma('wal_checkpoint(TRUNCATE)', { simple: true })) === 0) return
    }
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

/** Does something while no other connection to the same files may write. */
function takeTurns(database: Database, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
  } finally {
    database.exec('ROLLBACK')
  }
}

/**
 * Brings all that a connection can read to where its file belongs; the connection is to be closed afterwards. A log is
 * written into the database; a database that is gone is written anew, by the first of the studios that have it open. On any
 * failure the connection is as it was.
 */
export function putBack(database: Database, file: string, held: HeldFiles): void {
  if (held.isBack()) return
  if (identityOf(file) !== null) {
    emptyLog(database, file)
    takeTurns(database, held.unlinkLog)
    return
  }
  const copy = `${file}.copy`
  // While another one writes it, nothing may be written that it would not hold.
  if (!holdCopy(copy)) {
    putBack(database, file, held)
    return
  }
  database.pragma(`application_id = ${held.mark}`)
  database.prepare('VACUUM INTO ?').run(copy)
  syncToDisk(copy)
  // A log without its database would be taken for that of the new one.
  for (const part of ['-wal', '-shm']) rmSync(file + part, { force: true })
  renameSync(copy, file)
  syncToDisk(dirname(file))
}
