import { fault, type StudioErrorData, toErrorData } from '../../../shared/domain/error.ts'
import type { Download, HubFile } from '../../../shared/domain/hub.ts'
import { fetchBlob } from '../hub/blob.ts'
import { repoCache } from '../hub/cache.ts'
import type { HubAccess } from '../hub/request.ts'
import { checkFreeSpace } from './free-space.ts'

/** What a job says while it is at work. */
export type DownloadNews = { readonly receivedBytes: number; readonly phase: string }

export type DownloadEnd =
  | { readonly type: 'finished'; readonly paths: readonly string[] }
  | { readonly type: 'halted' }
  | { readonly type: 'failed'; readonly error: StudioErrorData }

type Order = {
  readonly download: Download
  readonly access: HubAccess
  readonly cache: string
  readonly signal: AbortSignal
  readonly onNews: (news: DownloadNews) => void
}

const sum = (files: readonly HubFile[]): number => files.reduce((total, { bytes }) => total + bytes, 0)

/** A full disk names the cache, and how it is put elsewhere. */
function withPlace(error: unknown, cache: string): StudioErrorData {
  const data = toErrorData(error)
  if (data.code !== 'disk') return data
  return fault('disk', `${cache}: ${data.message}`, {
    hint: `${data.hint} HF_HOME names another place for the hub's cache.`,
    retryable: true,
  }).data
}

/** Fetches what is missing, file by file, then makes the snapshot; never rejects. */
export async function runDownload({ download, access, cache, signal, onNews }: Order): Promise<DownloadEnd> {
  const { id, kind, repo, revision, commit, page, files } = download
  const here = repoCache(kind, repo, cache)
  const missing = () => files.filter((file) => !here.has(commit, file))
  const arrived = () => sum(files) - sum(missing())

  async function fetchFile(file: HubFile): Promise<void> {
    const before = arrived()
    await fetchBlob({
      access,
      // What is asked for is the commit; the name of the branch is for people.
      target: { kind, repo, revision: commit, page },
      file,
      partial: here.partial(file, id),
      blob: here.blob(file),
      signal,
      onBytes: (bytes) => onNews({ receivedBytes: before + bytes, phase: file.path }),
    })
  }
  async function run(): Promise<readonly string[]> {
    const begun = missing().reduce((total, file) => total + here.partialBytes(file, id), 0)
    onNews({ receivedBytes: arrived() + begun, phase: 'Looking at what is here' })
    await checkFreeSpace(here.folder, Math.max(0, sum(missing()) - begun))
    here.makeBlobFolder()
    for (const file of missing()) await fetchFile(file)
    onNews({ receivedBytes: sum(files), phase: 'Putting the folder together' })
    await here.publish(commit, revision, files)
    return kind === 'model' ? [here.snapshot(commit)] : files.map((file) => here.pathOf(commit, file))
  }
  try {
    return { type: 'finished', paths: await run() }
  } catch (error) {
    return signal.aborted ? { type: 'halted' } : { type: 'failed', error: withPlace(error, cache) }
  }
}
