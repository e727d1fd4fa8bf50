import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { HistoryReport } from '../../../shared/domain/history.ts'
import { listBackups } from './backups.ts'
import { type Database, openRaw, storeFault } from './database.ts'
import { checkWhole } from './integrity.ts'

/** Studios look once a second; one that is busy later. */
const PUT_BACK_MS = 10_000
const LOOK_AGAIN_MS = 100

const marker = (file: string): string => `${file}.repair`

/** A repair that a running studio asks for: it holds the file open, so that only the next start can do it. */
export const requestRepair = (file: string): void => writeFileSync(marker(file), '')
export const repairRequested = (file: string): boolean => existsSync(marker(file))
export const repairDone = (file: string): void => rmSync(marker(file), { force: true })

const withSize = (path: string) => ({ path, bytes: statSync(path).size })

function setAside(file: string): string[] {
  // Its log, if it had one, lies beside it under a longer name.
  const ours = (name: string) => name.startsWith(`${basename(file)}.damaged-`) && !/-(wal|shm)$/.test(name)
  return readdirSync(dirname(file))
    .filter(ours)
    .sort()
    .map((name) => join(dirname(file), name))
}

function look(database: Database): Pick<HistoryReport, 'runs' | 'complaints'> {
  const complaints = checkWhole(database)
  const runs = database.prepare<[], { n: number }>('SELECT count(*) AS n FROM runs').get()?.n ?? 0
  return { runs, complaints }
}

/** A look at a damaged file is a complaint; throws a `conflict` where another process is in the way. */
function lookSafely(file: string): Pick<HistoryReport, 'runs' | 'complaints'> {
  let database: Database | undefined
  try {
    database = openRaw(file)
    return look(database)
  } catch (error) {
    const told = storeFault(error, file)
    if (told.data.code === 'conflict') throw told
    return { runs: 0, complaints: [error instanceof Error ? error.message : String(error)] }
  } finally {
    database?.close()
  }
}

/** A studio at work puts back what was deleted under its hands; until then the file says nothing about the history. */
function lookPatiently(file: string): Pick<HistoryReport, 'runs' | 'complaints'> {
  for (const end = performance.now() + PUT_BACK_MS; ; ) {
    try {
      return lookSafely(file)
    } catch (error) {
      if (performance.now() > end) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS)
    }
  }
}

/** Reads the whole file: about a second a gigabyte. Throws where there is none, or another process keeps it busy. */
export function inspectHistory(file: string): HistoryReport {
  if (!existsSync(file)) {
    throw fault('not-found', `${file} does not exist: no run was ever started in this data folder.`)
  }
  return {
    file,
    bytes: statSync(file).size,
    ...lookPatiently(file),
    backups: listBackups(file).map(withSize),
    damaged: setAside(file).map(withSize),
    repairAtStart: repairRequested(file),
  }
}
