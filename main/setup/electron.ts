import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf, runCommand } from '../native/command.ts'
import type { Progress } from '../native/progress.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** After a failure the next start does not try again for nothing; `npm run setup` does. */
const RETRY_AFTER_MS = 12 * 60 * 60 * 1000
const FETCH_TIMEOUT_MS = 10 * 60 * 1000

const folderOf = (root: string): string => join(root, 'node_modules', 'electron')
const failureFile = (root: string): string => join(folderOf(root), 'fetch-failed.txt')

/** Whether a window could be shown at all. */
const hasScreen = (env: Environment): boolean =>
  process.platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)

/** Electron's binary: the one DORA_ELECTRON names, else that of the package; null when there is none, or no screen. */
export function electronBinary(root: string, env: Environment): string | null {
  if (!hasScreen(env)) return null
  if (env.DORA_ELECTRON) return existsSync(env.DORA_ELECTRON) ? env.DORA_ELECTRON : null
  const pathFile = join(folderOf(root), 'path.txt')
  if (!existsSync(pathFile)) return null
  const binary = join(folderOf(root), 'dist', readFileSync(pathFile, 'utf8').trim())
  return existsSync(binary) ? binary : null
}

/** Why there is no window, for the line `npm start` prints. */
export function electronAbsence(root: string, env: Environment): string {
  if (!hasScreen(env)) return 'there is no screen here'
  const file = failureFile(root)
  const reason = existsSync(file) ? `: ${readFileSync(file, 'utf8').trim()}` : ''
  return `Electron's binary could not be had${reason}`
}

function failedLately(file: string): boolean {
  return existsSync(file) && Date.now() - statSync(file).mtimeMs < RETRY_AFTER_MS
}

/**
 * Fetches Electron's binary by the package's own install script (which packages may not run at install), with its pinned
 * checksums. A failure is remembered, not thrown: the browser front does without.
 */
export async function fetchElectron(root: string, env: Environment, progress: Progress, retry = false): Promise<void> {
  const script = join(folderOf(root), 'install.js')
  if (env.DORA_ELECTRON || electronBinary(root, env) || !existsSync(script)) return
  if (!retry && failedLately(failureFile(root))) return
  // A machine without a screen has no use for it.
  if (!hasScreen(env)) return
  progress('fetching Electron', null)
  const result = await runCommand(process.execPath, [script], { cwd: root, env, timeoutMs: FETCH_TIMEOUT_MS })
  if (result.code === 0 && electronBinary(root, env)) rmSync(failureFile(root), { force: true })
  else writeFileSync(failureFile(root), `${reasonOf(result).slice(0, 200)}\n`)
}
