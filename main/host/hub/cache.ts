import { copyFileSync, linkSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { type HubFile, type HubKind, isCommit } from '../../../shared/domain/hub.ts'
import { makeDurableFolder, syncToDisk } from '../../durable.ts'

type Environment = Readonly<Record<string, string | undefined>>

const expand = (path: string): string =>
  resolve(path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path)

/** Folder of all that Hugging Face's tools keep: HF_HOME, else `huggingface` in the system's cache folder. */
export function hubHome(env: Environment = process.env): string {
  if (env.HF_HOME) return expand(env.HF_HOME)
  return expand(join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface'))
}

/** Folder of the repositories, shared with transformers and the `hf` command. */
export const hubCache = (env: Environment = process.env): string =>
  expand(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(hubHome(env), 'hub'))

function sizeOf(path: string): number | null {
  try {
    return statSync(path).size
  } catch {
    return null
  }
}

function readRef(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8').slice(0, 64).trim()
    return isCommit(text) ? text : null
  } catch {
    return null
  }
}

/** A link, relative so that the cache can be moved; where the system allows none, the content under a second name. */
function place(blob: string, target: string): void {
  rmSync(target, { force: true })
  try {
    symlinkSync(relative(dirname(target), blob), target)
  } catch (error) {
    if (process.platform !== 'win32') throw error
    // Windows wants a privilege for symbolic links, and only NTFS has hard ones.
    try {
      linkSync(blob, target)
    } catch {
      copyFileSync(blob, target)
    }
  }
}

async function writeRef(file: string, commit: string): Promise<void> {
  if (readRef(file) === commit) return
  await mkdir(dirname(file), { recursive: true })
  const partial = `${file}.${process.pid}.tmp`
  await writeFile(partial, commit, { flush: true })
  await rename(partial, file)
}

/**
 * One repository in the cache, laid out as huggingface_hub does it: `blobs/OID` holds contents, `snapshots/COMMIT/PATH`
 * links to them, `refs/REVISION` holds the commit a branch or tag had when it was last fetched.
 */
export function repoCache(kind: HubKind, repo: string, cache = hubCache()) {
  const folder = join(cache, `${kind}s--${repo.replace('/', '--')}`)
  const snapshot = (commit: string) => join(folder, 'snapshots', commit)
  const blob = ({ oid }: HubFile) => join(folder, 'blobs', oid)
  /** Unlike huggingface_hub's it outlives its process: the download's number makes it ours, and it is gone on with. */
  const partial = (file: HubFile, download: string) => `${blob(file)}.${download}.incomplete`
  return {
    folder,
    snapshot,
    blob,
    partial,
    pathOf: (commit: string, { path }: HubFile) => join(snapshot(commit), ...path.split('/')),
    /** Whether content of the right length is there, in the snapshot or as a blob that another revision has. */
    has: (commit: string, file: HubFile): boolean =>
      sizeOf(join(snapshot(commit), ...file.path.split('/'))) === file.bytes || sizeOf(blob(file)) === file.bytes,
    /** The commit a revision had when it was last fetched; null where it never was. */
    commitOf: (revision: string): string | null =>
      isCommit(revision) ? revision : readRef(join(folder, 'refs', ...revision.split('/'))),
    partialBytes: (file: HubFile, download: string): number => sizeOf(partial(file, download)) ?? 0,
    makeBlobFolder: () => makeDurableFolder(join(folder, 'blobs')),
    dropPartials(download: string): void {
      const blobs = join(folder, 'blobs')
      const names = sizeOf(blobs) === null ? [] : readdirSync(blobs)
      for (const name of names) if (name.endsWith(`.${download}.incomplete`)) rmSync(join(blobs, name), { force: true })
    },
    /**
     * Makes the snapshot's links once all contents are there, config.json last: a model folder is seen as one only when
     * it is whole. Links that are right already are left alone.
     */
    async publish(commit: string, revision: string, files: readonly HubFile[]): Promise<void> {
      const last = (file: HubFile) => Number(file.path === 'config.json')
      for (const file of [...files].sort((a, b) => last(a) - last(b))) {
        const target = join(snapshot(commit), ...file.path.split('/'))
        if (sizeOf(target) === file.bytes) continue
        makeDurableFolder(dirname(target))
        place(blob(file), target)
        syncToDisk(dirname(target))
      }
      if (revision !== commit) await writeRef(join(folder, 'refs', ...revision.split('/')), commit)
    },
  }
}

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** Whether the weights of a snapshot are whole: one file, or all that its index names. */
function hasWeights(folder: string): boolean {
  if (sizeOf(join(folder, 'model.safetensors')) !== null) return true
  const shards = readdirSync(folder).flatMap(
    (name) => /^model-\d+-of-(\d+)\.safetensors$/.exec(name)?.slice(0, 2) ?? [],
  )
  const there = shards.filter((_, i) => i % 2 === 0).filter((name) => sizeOf(join(folder, name)) !== null)
  return there.length > 0 && there.length === Number(shards[1])
}

/** The snapshot of a model that is whole on this machine, whoever fetched it; null where there is none. */
export function cachedModel(repo: string, revision: string, cache = hubCache()): string | null {
  const { commitOf, snapshot } = repoCache('model', repo, cache)
  const commit = commitOf(revision)
  const folder = commit === null ? null : snapshot(commit)
  if (folder === null || !isAbsolute(folder) || !isFolder(folder)) return null
  const there = ['config.json', 'tokenizer.json'].every((name) => sizeOf(join(folder, name)) !== null)
  return there && hasWeights(folder) ? folder : null
}
