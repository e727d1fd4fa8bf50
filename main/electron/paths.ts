import { join } from 'node:path'
import { dataFolder } from '../native/paths.ts'

/** Folder with main.cjs and preload.cjs; the page and the processes are built beside it. */
const desktopFolder = __dirname

export const preloadFile = join(desktopFolder, 'preload.cjs')
export const rendererFolder = join(desktopFolder, '..', 'renderer')

/** A picture of `resources/icons`, which the build puts beside the bundles. */
export const iconFile = (name: string): string => join(desktopFolder, 'icons', name)

/** A built process. Inside an archive it lies unpacked beside it, since no process can be started from within. */
export function processFile(name: 'host' | 'native-setup'): string {
  return join(desktopFolder, '..', `${name}.mjs`).replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked')
}

/** Chromium's profile and the window's place, inside the data folder: one folder holds all of a user's studio. */
export const windowFolder = (): string => join(dataFolder(), 'window')
export const windowStateFile = (): string => join(windowFolder(), 'window-state.json')
/** The hub's token, readable by the system's store of secrets alone. */
export const hubTokenFile = (): string => join(windowFolder(), 'hub-token')
/** What host and set-up print. */
export const logFolder = (): string => join(dataFolder(), 'logs')
export { dataFolder }
