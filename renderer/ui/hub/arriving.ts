import { useEffect, useRef } from 'react'
import { type Download, type HubKind, hubPlace } from '../../../shared/domain/hub.ts'
import { useCall } from '../../api/studio.tsx'

/** A model or data file that is on its way from the hub. */
export type Arrival = { readonly key: string; readonly repo: string; readonly name: string; readonly paused: boolean }

/** Whether a path of the list is what a download brings: the whole model, or one file of a data set. */
function isOf(path: string, { kind, repo, commit }: Download, file: string): boolean {
  const place = hubPlace(path)
  if (place?.kind !== kind || place.repo !== repo || place.commit !== commit) return false
  return kind === 'model' || path.replaceAll('\\', '/').endsWith(`/${file}`)
}

const filesOf = ({ kind, files }: Download): readonly string[] =>
  kind === 'model' ? [''] : files.map(({ path }) => path)

const missingOf = (download: Download, listed: readonly string[]): Arrival[] =>
  filesOf(download)
    .filter((file) => !listed.some((path) => isOf(path, download, file)))
    .map((file) => ({
      key: `${download.id} ${file}`,
      repo: download.repo,
      name: file.split('/').at(-1) || download.repo,
      paused: download.status !== 'downloading' && download.status !== 'queued',
    }))

/**
 * What will join a list of models or data files, so that its place is kept and nothing moves when it is there. A download
 * that ended in sight counts until the list has followed; one that was taken off the list later does not come back.
 */
export function useArriving(kind: HubKind, listed: readonly string[] | undefined): readonly Arrival[] {
  const { data: downloads } = useCall('downloads.list', {})
  const seen = useRef<ReadonlySet<string>>(new Set())
  const own = downloads?.filter((one) => one.kind === kind) ?? []
  const coming = own.filter(({ id, status }) => status !== 'finished' || seen.current.has(id))
  const waited = listed === undefined ? [] : coming.filter((one) => missingOf(one, listed).length > 0)
  useEffect(() => {
    if (listed !== undefined) seen.current = new Set(waited.map(({ id }) => id))
  })
  return listed === undefined ? [] : waited.flatMap((one) => missingOf(one, listed))
}
