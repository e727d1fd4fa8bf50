import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join, sep } from 'node:path'
import type { CallOutput } from '../../../shared/contract.ts'
import { BUNDLE_EXTENSION } from '../../../shared/domain/bundle.ts'
import { DATA_EXTENSIONS } from '../../../shared/domain/data-files.ts'

const SHOWN = 30
const KNOWN_FILE = new RegExp(`\\.(${[...DATA_EXTENSIONS, BUNDLE_EXTENSION].join('|')})$`, 'i')

const expand = (text: string): string => (text === '~' || text.startsWith('~/') ? join(homedir(), text.slice(1)) : text)

/** Entries of the folder being typed whose names begin as the text ends; folders first. Unreadable folders give none. */
export async function suggestPaths(text: string, files: boolean): Promise<CallOutput<'paths.suggest'>> {
  const typed = expand(text.trim() || '~')
  if (!isAbsolute(typed)) return { entries: [] }
  const whole = /[\\/]$/.test(typed) || text.trim() === ''
  const folder = whole ? typed : dirname(typed)
  const start = whole ? '' : basename(typed).toLowerCase()
  const found = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const entries = found
    .filter(({ name }) => name.toLowerCase().startsWith(start) && (start.startsWith('.') || !name.startsWith('.')))
    .map((entry) => ({ name: entry.name, folder: entry.isDirectory() || entry.isSymbolicLink() }))
    .filter(({ name, folder: isFolder }) => isFolder || (files && KNOWN_FILE.test(name)))
    .sort((a, b) => Number(b.folder) - Number(a.folder) || a.name.localeCompare(b.name))
  return {
    entries: entries
      .slice(0, SHOWN)
      .map(({ name, folder: isFolder }) => ({ path: join(folder, name) + (isFolder ? sep : ''), folder: isFolder })),
  }
}
