import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Flushes a file, or a folder's list of names, to the disk. Windows knows no flush of folders and wants files open for writing. */
export function syncToDisk(path: string): void {
  const windows = process.platform === 'win32'
  if (windows && statSync(path).isDirectory()) return
  const fd = openSync(path, windows ? 'r+' : 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Flushes the names of a folder and of those above it that were made for it, `first` being the uppermost. */
export function syncNames(path: string, first: string): void {
  for (let made = resolve(path); ; made = dirname(made)) {
    syncToDisk(dirname(made))
    if (made === resolve(first) || made === dirname(made)) return
  }
}

/**
 * Makes a folder, and those above it, that a power cut does not take back: a synced file is lost all the same where the
 * name of a folder above it was not synced.
 */
export function makeDurableFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true })
  if (first !== undefined) syncNames(path, first)
}
