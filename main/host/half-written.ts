import { readdirSync, rmSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type EngineRequest, PARTIAL_FOLDER } from '../../shared/engine-protocol.ts'
import { exists } from '../process-exists.ts'

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

/**
 * Deletes what engines that are gone have left of `target`, which they were writing when they and their host were killed.
 * False while one of them still lives.
 */
export function clearHalfWritten(target: string): boolean {
  let clear = true
  for (const name of namesBeside(target)) {
    const pid = Number(PARTIAL_FOLDER.exec(name)?.[1])
    if (exists(pid)) clear = false
    else rmSync(join(dirname(target), name), { recursive: true, force: true })
  }
  return clear
}

function namesBeside(target: string): string[] {
  try {
    return readdirSync(dirname(target)).filter((name) => name.startsWith(`.${basename(target)}.partial-`))
  } catch {
    return []
  }
}
