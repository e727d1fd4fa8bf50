import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type EngineRequest, PARTIAL_FOLDER } from '../../shared/engine-protocol.ts'

/** Where an engine puts folders together for a job; null for jobs that write none. */
function workplaceOf(request: EngineRequest): string | null {
  if (request.type === 'train') return request.runFolder
  return request.type === 'export' ? dirname(request.output) : null
}

/** Deletes what an engine that is gone was writing when it ended. What cannot be deleted is left; the next engine tries again. */
export async function removeHalfWritten(request: EngineRequest, pid: number | undefined): Promise<void> {
  const folder = workplaceOf(request)
  if (folder === null) return
  const names = await readdir(folder).catch(() => [])
  const left = names.filter((name) => PARTIAL_FOLDER.exec(name)?.[1] === String(pid))
  await Promise.allSettled(left.map((name) => rm(join(folder, name), { recursive: true, force: true })))
}
