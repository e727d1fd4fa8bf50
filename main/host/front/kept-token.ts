import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'browser-token'
const WELL_FORMED = /^[A-Za-z0-9_-]{43}$/
const LONGEST_AGE_MS = 30 * 24 * 3600 * 1000

/** A token nobody can guess. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** Others must not be able to read it (where the system knows such a thing). */
const isPrivate = (mode: number): boolean => process.platform === 'win32' || (mode & 0o077) === 0

function kept(file: string): string | null {
  try {
    const { mode, mtimeMs } = statSync(file)
    const token = readFileSync(file, 'utf8')
    return isPrivate(mode) && Date.now() - mtimeMs < LONGEST_AGE_MS && WELL_FORMED.test(token) ? token : null
  } catch {
    return null
  }
}

/**
 * The token of a data folder, the same after a restart, so that an open page finds its way back by itself. Where it
 * cannot be kept, it is good for this start only.
 */
export function keptToken(dataFolder: string): string {
  const file = join(dataFolder, FILE)
  const known = kept(file)
  if (known !== null) return known
  const token = newToken()
  try {
    // A file that is there keeps its mode when it is written to.
    rmSync(file, { force: true })
    writeFileSync(file, token, { mode: 0o600, flag: 'wx' })
  } catch {
    // A full or read-only disk: the studio still opens.
  }
  return token
}
