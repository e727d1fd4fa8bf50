import { renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { syncToDisk } from '../../durable.ts'
import type { Database } from './database.ts'

/** The database, its log, and the index of the log that all its connections share. */
const PARTS = ['', '-wal', '-shm'] as const

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

/**
 * Brings all that a connection can read to where its file belongs; the connection is to be closed afterwards. A log is
 * written into the database; a database that is gone is written anew.
 */
export function putBack(database: Database, file: string): void {
  if (identityOf(file) !== null) {
    database.pragma('wal_checkpoint(TRUNCATE)')
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
