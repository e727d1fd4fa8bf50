import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fault, StudioError } from '../../../shared/domain/error.ts'
import { syncNames, syncToDisk } from '../../durable.ts'
import { exists } from '../../process-exists.ts'
import { fileFault } from './file-fault.ts'

export type CommitOptions = {
  /** Put the new folder in place of one that has something in it; without it that is a `conflict`. */
  readonly replace?: boolean
}

/**
 * Writes a folder whole or not at all: `write` fills a temporary sibling, everything is synced to disk, then the sibling
 * is renamed. On any failure it is removed and the target is what it was. `disk` faults for a full disk or no permission.
 */
export async function commitFolder(
  target: string,
  write: (temporary: string) => Promise<void> | void,
  { replace = false }: CommitOptions = {},
): Promise<void> {
  const path = resolve(target)
  const occupied = contents(path)
  if (occupied && occupied.length > 0 && !replace) {
    throw fault('conflict', `${path}: the folder exists and is not empty.`, {
      hint: 'Choose a new or an empty folder.',
    })
  }
  const temporary = siblingOf(path, 'partial')
  try {
    const made = mkdirSync(dirname(path), { recursive: true })
    removeLeftovers(dirname(path), basename(path))
    mkdirSync(temporary)
    unfinished.add(temporary)
    await write(temporary)
    syncTree(temporary)
    swap(temporary, path, occupied)
    syncToDisk(dirname(path))
    if (made !== undefined) syncNames(dirname(path), made)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw underFinalName(fileFault(error, path), temporary, path)
  } finally {
    unfinished.delete(temporary)
  }
}

/** What is being written: an engine whose host is gone leaves in the middle of it, and nobody else would clear it away. */
const unfinished = new Set<string>()
process.on('exit', () => {
  for (const temporary of unfinished) rmSync(temporary, { recursive: true, force: true })
})

/** Nobody chose the temporary name, and it is gone by the time the text is read. */
function underFinalName(error: unknown, temporary: string, path: string): unknown {
  if (!(error instanceof StudioError)) return error
  const renamed = (text: string) => text.replaceAll(temporary, path)
  const { message, details } = error.data
  return new StudioError({ ...error.data, message: renamed(message), details: details.map(renamed) })
}

/** What the folder holds; null where there is nothing, and a fault where there is a file. */
function contents(path: string): readonly string[] | null {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return null
  if (found.isDirectory()) return readdirSync(path)
  throw fault('conflict', `${path}: there is a file of this name, wanted a folder.`, { hint: 'Choose another name.' })
}

function swap(temporary: string, path: string, occupied: readonly string[] | null): void {
  if (!occupied || occupied.length === 0) {
    // Windows renames onto nothing only.
    if (occupied) rmdirSync(path)
    renameSync(temporary, path)
    return
  }
  const old = siblingOf(path, 'old')
  renameSync(path, old)
  try {
    renameSync(temporary, path)
  } catch (error) {
    renameSync(old, path)
    throw error
  }
  rmSync(old, { recursive: true, force: true })
}

/** Deletes a folder so that, whenever the process is killed, what is left under its name is whole. */
export function removeFolder(path: string): void {
  const doomed = siblingOf(resolve(path), 'partial')
  renameSync(path, doomed)
  rmSync(doomed, { recursive: true, force: true })
}

/** Temporary folders of this very process: an earlier one may have had its number, above all in a container. */
const own = new Set<string>()

function siblingOf(path: string, what: 'partial' | 'old'): string {
  const sibling = join(dirname(path), `.${basename(path)}.${what}-${process.pid}-${own.size}`)
  if (existsSync(sibling)) removeLeftovers(dirname(path), basename(path))
  own.add(sibling)
  return sibling
}

const LEFTOVER = /^\.(.+)\.(partial|old)-(\d+)-\d+$/

/**
 * Clears away what killed processes left in a folder while they wrote `target` (unless given, anything), and puts back
 * what one had set aside for a replacement that never came. What living processes write is not touched.
 */
export function removeLeftovers(folder: string, target?: string): void {
  for (const name of readdirSync(folder)) {
    const [, of, what, pid] = LEFTOVER.exec(name) ?? []
    if (of === undefined || (target !== undefined && of !== target)) continue
    const [left, home] = [join(resolve(folder), name), join(folder, of)]
    if (own.has(left) || (Number(pid) !== process.pid && exists(Number(pid)))) continue
    if (what === 'old' && !existsSync(home)) renameSync(left, home)
    else rmSync(left, { recursive: true, force: true })
  }
}

function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) syncTree(path)
    else syncToDisk(path)
  }
  syncToDisk(folder)
}
