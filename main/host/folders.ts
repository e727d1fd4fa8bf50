import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** Folder of the user's runs and database: DORA_STUDIO_HOME, else the platform's place for application data. */
export function dataFolder(env: Environment = process.env, platform: string = process.platform): string {
  if (env.DORA_STUDIO_HOME) return env.DORA_STUDIO_HOME
  const home = env.HOME || homedir()
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'DoRA Studio')
  if (platform === 'win32') return join(env.APPDATA || join(home, 'AppData', 'Roaming'), 'DoRA Studio')
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'dora-studio')
}

function packageJson(folder: string): { name?: unknown; version?: unknown } {
  const file = join(folder, 'package.json')
  const parsed: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
  return typeof parsed === 'object' && parsed !== null ? parsed : {}
}

/** Folder that holds the studio's package.json, dist/ and resources/, found upwards from this file (source or bundle). */
export function packageFolder(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (packageJson(folder).name === 'dora-studio') return folder
    if (dirname(folder) === folder)
      throw new Error(`No package.json of dora-studio above ${from}: incomplete installation.`)
  }
}

/** The database in a data folder: all runs and their metrics. */
export const historyFile = (folder: string): string => join(folder, 'studio.sqlite')

/** A built entry file such as dist/engine.mjs. */
export function entryFile(name: 'engine' | 'doctor' | 'history'): string {
  return join(packageFolder(), 'dist', `${name}.mjs`)
}

/** What ships with the studio beside its code; an installed one keeps it outside its archive (DORA_STUDIO_RESOURCES). */
export function resourcesFolder(env: Environment = process.env): string {
  return env.DORA_STUDIO_RESOURCES || join(packageFolder(), 'resources')
}

/** The built page, served by the browser front. */
export function rendererFolder(): string {
  return join(packageFolder(), 'dist', 'renderer')
}

/** What a run is recorded with before its engine adds its own. */
export const hostVersions = (): Readonly<Record<string, string>> => ({
  studio: studioVersion(),
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
})

/** The studio's version, as package.json has it. */
export function studioVersion(): string {
  const { version } = packageJson(packageFolder())
  return typeof version === 'string' ? version : 'unknown'
}
