import { readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { syncToDisk } from '../../durable.ts'

/** Copies of the history made before its schema changed; the newest so many are kept. */
export const BACKUPS_KEPT = 3

/** A name part that sorts by time and stands in a file name on every system. */
export const stamp = (now = new Date()): string => now.toISOString().replace(/[:.]/g, '-')

const isBackupOf = (file: string, name: string): boolean =>
  name.startsWith(`${basename(file)}.v`) && name.endsWith('.backup')

/** Backups of a database, oldest first. */
export function listBackups(file: string): string[] {
  const names = readdirSync(dirname(file)).filter((name) => isBackupOf(file, name))
  const made = (name: string) => name.slice(name.indexOf('-') + 1)
  return names.sort((a, b) => (made(a) < made(b) ? -1 : 1)).map((name) => join(dirname(file), name))
}

/**
 * Keeps a copy of the database as `FILE.vVERSION-TIME.backup`: whole or not at all. `copy` writes it under the name it is
 * given. Throws what the disk throws; the database is not touched.
 */
export function keepBackup(file: string, version: number, copy: (to: string) => void): string {
  const backup = `${file}.v${version}-${stamp()}.backup`
  const partial = `${backup}.partial-${process.pid}`
  try {
    copy(partial)
    syncToDisk(partial)
    renameSync(partial, backup)
    syncToDisk(dirname(file))
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
  for (const old of listBackups(file).slice(0, -BACKUPS_KEPT)) rmSync(old, { force: true })
  return backup
}
