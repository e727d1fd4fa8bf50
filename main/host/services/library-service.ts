import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import type { CallOutput } from '../../../shared/contract.ts'
import { fault } from '../../../shared/domain/error.ts'
import { resourcesFolder } from '../folders.ts'
import type { LibraryKind } from '../store/library.ts'
import type { HostContext } from './host-context.ts'

const SHIPPED: Readonly<Record<LibraryKind, readonly string[]>> = {
  models: ['model'],
  data: ['kinds.train.jsonl', 'kinds.validation.jsonl', 'kinds.test.jsonl'],
}
const WANTED: Readonly<Record<LibraryKind, string>> = { models: 'a model folder', data: 'a data file' }

/** The models and data files the user has added, after those that came with the studio. */
export function createLibraryService({ store, bus }: Pick<HostContext, 'store' | 'bus'>) {
  const shipped = (kind: LibraryKind): string[] =>
    SHIPPED[kind].map((name) => join(resourcesFolder(), 'demo', name)).filter((path) => existsSync(path))

  function list(kind: LibraryKind): CallOutput<'models.list'> {
    const own = shipped(kind)
    const added = store.library.list(kind).filter((path) => !own.includes(path))
    return [
      ...own.map((path) => ({ path, shipped: true, exists: true })),
      ...added.map((path) => ({ path, shipped: false, exists: existsSync(path) })),
    ]
  }
  function changed(kind: LibraryKind): void {
    bus.emit({ event: 'library.updated', payload: { kind } })
  }
  async function check(kind: LibraryKind, path: string): Promise<void> {
    if (!isAbsolute(path))
      throw fault('bad-config', `${path} is not an absolute path.`, { hint: 'Start it at the root.' })
    const found = await stat(path).catch(() => null)
    if (found === null) throw fault('not-found', `${path} does not exist on the machine that trains.`)
    if (found.isDirectory() === (kind === 'models')) return
    throw fault('bad-config', `${path} is a ${found.isDirectory() ? 'folder' : 'file'}; wanted ${WANTED[kind]}.`)
  }
  return {
    list,
    async add(kind: LibraryKind, given: string): Promise<CallOutput<'models.list'>> {
      await check(kind, given)
      if (store.library.add(kind, resolve(given))) changed(kind)
      return list(kind)
    },
    /** Remembers what a run uses, so that it can be chosen again; never fails. */
    remember(kind: LibraryKind, path: string): void {
      if (store.library.add(kind, path)) changed(kind)
    },
    /** Forgets it; nothing on the disk is touched. */
    remove(kind: LibraryKind, path: string): CallOutput<'models.list'> {
      if (store.library.remove(kind, path)) changed(kind)
      return list(kind)
    },
  }
}
