import { homedir } from 'node:os'
import { join } from 'node:path'

export { cacheFolder } from './cache-folder.mjs'

type Environment = Readonly<Record<string, string | undefined>>

/** The user's own folder: store, runs, checkpoints. Never emptied by the studio. */
export function dataFolder(env: Environment = process.env, platform: string = process.platform): string {
  if (env.DORA_STUDIO_HOME) return env.DORA_STUDIO_HOME
  if (platform === 'win32') return join(env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'DoRA Studio')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'DoRA Studio')
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'dora-studio')
}
