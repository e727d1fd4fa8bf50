// Plain JavaScript: the set-up asks this on Node 18, before anything is installed; the doctor asks it again.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, dev?: boolean, os?: string[], cpu?: string[] }} LockedPackage */

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {}
  } catch {
    return {}
  }
}

/**
 * @param {string[] | undefined} names
 * @param {string} mine
 */
const allows = (names, mine) =>
  !names || names.includes(mine) || names.some((name) => name[0] === '!' && name !== `!${mine}`)

/**
 * The packages package-lock.json wants on this system, by folder.
 * @param {string} root
 * @returns {[string, LockedPackage][]}
 */
export function wantedPackages(root) {
  return Object.entries(lockedPackages(join(root, 'package-lock.json'))).filter(
    ([folder, locked]) => folder !== '' && allows(locked.os, process.platform) && allows(locked.cpu, process.arch),
  )
}

/**
 * Folders of packages that are missing or of another version than package-lock.json says. npm writes its own list of
 * what it installed as its last act, so a broken installation is noticed too.
 * @param {string} root
 * @returns {string[]}
 */
export function packageFaults(root) {
  const installed = lockedPackages(join(root, 'node_modules', '.package-lock.json'))
  return wantedPackages(root)
    .filter(([folder, locked]) => {
      const found = installed[folder]
      return found ? found.version !== locked.version || found.integrity !== locked.integrity : !locked.optional
    })
    .map(([folder]) => folder)
}
