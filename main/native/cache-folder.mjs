// Plain JavaScript: the set-up reads it on Node 18, before anything is installed or built.
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where everything that can be fetched again lives: the Node binary, libtensorflow, the addon.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} platform
 * @returns {string}
 */
export function cacheFolder(env = process.env, platform = process.platform) {
  if (env.DORA_STUDIO_CACHE) return env.DORA_STUDIO_CACHE
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'dora-studio', 'Cache')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'dora-studio')
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'dora-studio')
}
