import { fault, StudioError } from '../../../shared/domain/error.ts'
import {
  type Download,
  type DownloadOrder,
  type DownloadStatus,
  type HubFacts,
  type HubFile,
  isAtWork,
} from '../../../shared/domain/hub.ts'
import { repoCache } from '../hub/cache.ts'
import type { DownloadPatch } from '../store/downloads.ts'
import { type DownloadEnd, type DownloadNews, runDownload } from './download-job.ts'
import { createDownloadPace } from './download-pace.ts'
import type { HostContext } from './host-context.ts'
import type { HubService } from './hub-service.ts'
import type { createLibraryService } from './library-service.ts'
import { newRunId } from './run-id.ts'
import { toldRows } from './told-rows.ts'

/** Fronts hear of bytes this often, the store less: what counts is on the disk in any case. */
const TELL_MS = 250
const STORE_MS = 5_000

/** The files that are meant, each of them listed; all of a model. */
function chosenFiles(facts: HubFacts, paths: readonly string[]): HubFile[] {
  if (facts.problem) throw new StudioError(facts.problem)
  const plain = facts.files.map(({ present: _present, ...file }) => file)
  if (facts.kind === 'model') return plain
  const unknown = paths.find((path) => !plain.some((file) => file.path === path))
  if (unknown !== undefined)
    throw fault('not-found', `${facts.repo} has no data file ${unknown}.`, { hint: 'Its page lists the files.' })
  if (paths.length === 0)
    throw fault('bad-config', `No file of ${facts.repo} was chosen.`, {
      details: plain.map(({ path }) => path).slice(0, 20),
    })
  return plain.filter(({ path }) => paths.includes(path))
}

const sameFiles = (a: readonly HubFile[], b: readonly HubFile[]): boolean =>
  JSON.stringify(a.map(({ oid, path }) => [oid, path])) === JSON.stringify(b.map(({ oid, path }) => [oid, path]))

function freshDownload(facts: HubFacts, files: readonly HubFile[]): Download {
  const now = new Date()
  const { kind, repo, revision, commit, page } = facts
  const bytes = files.reduce((total, file) => total + file.bytes, 0)
  const state = {
    status: 'queued',
    receivedBytes: 0,
    bytesPerSecond: null,
    phase: null,
    paths: [],
    error: null,
  } as const
  return {
    id: newRunId(now),
    kind,
    repo,
    revision,
    commit,
    page,
    files: [...files],
    bytes,
    createdAt: now.getTime(),
    ...state,
    paths: [],
  }
}

/** Downloads from the hub, one after another; each is in the store and can be gone on with after whatever happened. */
export function createDownloadService(
  context: HostContext,
  hub: HubService,
  library: ReturnType<typeof createLibraryService>,
) {
  const { store, bus, owner } = context
  const waiting: string[] = []
  /** What is told of the one at work and not stored with every piece. */
  let current:
    | { id: string; halt: AbortController; as: DownloadStatus; done: Promise<void>; live: Partial<Download> }
    | undefined
  let closed = false

  function find(id: string): Download | null {
    const found = store.downloads.get(id)
    return found && current?.id === id ? { ...found, ...current.live } : found
  }
  const { get, publish, change } = toldRows<Download, DownloadPatch>({
    what: 'download',
    find,
    update: store.downloads.update,
    tell: (payload) => bus.emit({ event: 'download.updated', payload }),
  })
  function listen(id: string) {
    const pace = createDownloadPace()
    let told = 0
    let stored = Date.now()
    return ({ receivedBytes, phase }: DownloadNews): void => {
      const now = Date.now()
      const old = current?.live.phase
      if (current?.id === id) current.live = { receivedBytes, phase, bytesPerSecond: pace(receivedBytes, now) }
      if (now - stored > STORE_MS) {
        stored = now
        store.downloads.update(id, { receivedBytes })
      }
      if (now - told < TELL_MS && old === phase) return
      told = now
      publish(id)
    }
  }
  /** The last state, with what has come so far. */
  function endPatch(end: DownloadEnd, { bytes }: Download): DownloadPatch {
    const receivedBytes = current?.live.receivedBytes ?? 0
    if (end.type === 'finished') return { status: 'finished', receivedBytes: bytes, paths: end.paths, error: null }
    if (end.type === 'failed') return { status: 'failed', receivedBytes, error: end.error }
    return { status: current?.as ?? 'interrupted', receivedBytes }
  }
  async function work(id: string, signal: AbortSignal): Promise<void> {
    const download = change(id, { status: 'downloading' })
    const access = hub.access()
    const end = await runDownload({ download, access, cache: hub.cache(), signal, onNews: listen(id) })
    const patch = endPatch(end, download)
    current = undefined
    change(id, patch)
    if (end.type === 'finished')
      for (const path of end.paths) library.remember(download.kind === 'model' ? 'models' : 'data', path)
  }
  function next(): void {
    const id = closed || current ? undefined : waiting.shift()
    if (id === undefined) return
    const halt = new AbortController()
    const live: Partial<Download> = {}
    current = { id, halt, as: 'interrupted', done: Promise.resolve(), live }
    current.done = work(id, halt.signal)
      // The store cannot be written: the row stays as one whose host is gone, and can be taken up again.
      .catch((error: unknown) => console.error(`Download ${id}:`, error instanceof Error ? error.message : error))
      .finally(() => {
        if (current?.id === id) current = undefined
        next()
      })
  }
  function enqueue(id: string): Download {
    waiting.push(id)
    const queued = publish(id)
    // Not in this turn: whoever asked gets the queued state first.
    setImmediate(next)
    return queued
  }
  function resume(id: string): Download {
    if (closed) throw fault('refused', 'The studio is closing; no download can start.')
    const { status } = get(id)
    if (store.downloads.claim(id, owner)) return enqueue(id)
    throw fault('conflict', `This download is ${status}; there is nothing to go on with.`)
  }
  /** Halts it where it is at work here; it rests as `as`. */
  async function halt(id: string, as: DownloadStatus): Promise<void> {
    const at = waiting.indexOf(id)
    if (at >= 0) {
      waiting.splice(at, 1)
      change(id, { status: as })
    } else if (current?.id === id) {
      current.as = as
      current.halt.abort()
      await current.done
    }
  }
  function checkOurs(id: string): void {
    const { status } = get(id)
    if (isAtWork(status) && !waiting.includes(id) && current?.id !== id)
      throw fault('conflict', 'This download is at work in another DoRA Studio process.', { hint: 'Pause it there.' })
  }
  return {
    /** Oldest first. */
    list: (): Download[] => store.downloads.list().map(({ id }) => get(id)),
    /** Goes on with the same one where it was begun before. */
    async start({ kind, repo, revision, paths }: DownloadOrder): Promise<Download> {
      const facts = await hub.look({ kind, repo, revision })
      const files = chosenFiles(facts, paths)
      const alike = store.downloads
        .list()
        .findLast((one) => one.repo === facts.repo && one.commit === facts.commit && sameFiles(one.files, files))
      if (alike && isAtWork(alike.status)) return get(alike.id)
      if (alike && alike.status !== 'finished') return resume(alike.id)
      if (alike) store.downloads.remove(alike.id)
      if (alike) bus.emit({ event: 'download.removed', payload: { id: alike.id } })
      const fresh = freshDownload(facts, files)
      store.downloads.insert(fresh, owner)
      return enqueue(fresh.id)
    },
    async pause(id: string): Promise<Download> {
      checkOurs(id)
      await halt(id, 'paused')
      return get(id)
    },
    resume,
    /** Takes it off the list; what has come of unfinished files is deleted, whole ones stay in the cache. */
    async remove(id: string): Promise<void> {
      checkOurs(id)
      await halt(id, 'paused')
      const { kind, repo } = get(id)
      repoCache(kind, repo, hub.cache()).dropPartials(id)
      store.downloads.remove(id)
      bus.emit({ event: 'download.removed', payload: { id } })
    },
    /** For a host that stays: goes on with what was at work when the last one left. */
    takeUp(): void {
      for (const { id, status } of store.downloads.list())
        if (status === 'interrupted' && store.downloads.claim(id, owner)) enqueue(id)
    },
    async close(): Promise<void> {
      closed = true
      for (const id of [...waiting]) await halt(id, 'interrupted')
      if (current) await halt(current.id, 'interrupted')
    },
  }
}
