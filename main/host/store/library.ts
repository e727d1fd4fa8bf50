import type { Database } from './database.ts'

export type LibraryKind = 'models' | 'data'

/** Model folders and data files the user works with. */
export function createLibraryStore(database: Database) {
  const list = database.prepare<[LibraryKind], { path: string }>(
    'SELECT path FROM library WHERE kind = ? ORDER BY added_at, path',
  )
  const add = database.prepare('INSERT INTO library (kind, path, added_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  const remove = database.prepare('DELETE FROM library WHERE kind = ? AND path = ?')
  return {
    /** In the order they were added. */
    list: (kind: LibraryKind): string[] => list.all(kind).map(({ path }) => path),
    /** False when it was there already. */
    add: (kind: LibraryKind, path: string): boolean => add.run(kind, path, Date.now()).changes > 0,
    remove: (kind: LibraryKind, path: string): boolean => remove.run(kind, path).changes > 0,
  }
}
