import { existsSync } from 'node:fs'
import { toErrorData } from '../../../shared/domain/error.ts'
import { type Database, refuseOrphaned, storeFault } from './database.ts'
import { FilesLost, holdFiles, putBack } from './held-files.ts'

const MOST_TRIES = 3

/** Longer than a studio takes to put back what was deleted under its hands. */
const PUT_BACK_MS = 3_000
const LOOK_AGAIN_MS = 50

/** Waits while a studio that has the history open puts deleted files back. Without the database itself, there may be none. */
function awaitFiles(file: string): void {
  for (const end = performance.now() + PUT_BACK_MS; ; ) {
    try {
      refuseOrphaned(file)
      return
    } catch (error) {
      if (performance.now() < end) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS)
      else if (existsSync(file)) throw error
      else return
    }
  }
}

/** A connection, and what is made of it. */
type Opened = { readonly database: Database }

/**
 * A connection to a file whose parts may be deleted meanwhile: they are put back, and it is opened anew. `connect` gets the
 * check that each write has to make (see `checkedWrites`).
 */
export function heldConnection<T extends Opened>(file: string, connect: (check: () => void) => T) {
  const openNow = () => ({ ...connect(checkFiles), files: holdFiles(file), number: ++opened })
  let opened = 0
  awaitFiles(file)
  let open = openNow()
  /** What lies under the names of the files while all is well, or while they cannot be put back and the studio goes on. */
  let accepted = open.files.names()
  /** Connections to a database that was deleted: SQLite deletes logs by their name when one is closed. */
  const gone: Database[] = []

  function checkFiles(): void {
    if (open.files.names() !== accepted) throw new FilesLost(`${file}: its files are deleted again and again.`)
  }
  function leave(lost: readonly string[]): void {
    if (lost.includes(file)) gone.push(open.database)
    else open.database.close()
    console.error(`Deleted while the studio was at work, and put back: ${lost.join(', ')}`)
  }
  /** Where files were deleted: puts them back with all they held, and says so. */
  function keepFiles(): void {
    // One that could not be opened again the last time is closed.
    if (open.database.open) {
      const lost = open.files.lost()
      if (lost.length === 0) return
      try {
        putBack(open.database, file, open.files)
      } catch (error) {
        throw storeFault(error, file)
      }
      leave(lost)
    }
    open = openNow()
    accepted = open.files.names()
  }
  function keepUnlessInTheWay(): void {
    try {
      keepFiles()
    } catch (error) {
      if (!open.database.open || toErrorData(error).code !== 'conflict') throw error
      accepted = open.files.names()
    }
  }
  return {
    now: (): T => open,
    keepFiles,
    /** Makes a call once the files are in place, lest two studios write into different ones; what it throws is a fault with its cure. */
    guard<R>(call: () => R): R {
      for (let tries = 1; ; tries++) {
        try {
          if (!open.database.inTransaction) keepUnlessInTheWay()
          return call()
        } catch (error) {
          if (!(error instanceof FilesLost) || open.database.inTransaction || tries === MOST_TRIES)
            throw storeFault(error, file)
        }
      }
    },
    /** SQLite's data_version, of which each connection has its own. */
    dataVersion: (): number => open.number * 2 ** 32 + Number(open.database.pragma('data_version', { simple: true })),
    close(): void {
      for (const one of gone) one.close()
      try {
        keepFiles()
      } catch (error) {
        console.error(`The history could not be put back: ${toErrorData(error).message}`)
      }
      open.database.close()
    },
  }
}
