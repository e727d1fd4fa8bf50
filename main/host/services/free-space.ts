import { existsSync, readdirSync, statSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import { fault } from '../../../shared/domain/error.ts'
import type { FreeSpace } from '../../../shared/domain/export.ts'

/** The path itself or the nearest folder above it that is there: what is made below it comes on its disk. */
async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const there = await stat(folder).catch(() => null)
    if (there?.isDirectory() || folder === dirname(folder)) return folder
  }
}

/** Bytes this user may still write on the disk where `path` is or would be; null where the system does not tell. */
export async function freeSpace(path: string): Promise<FreeSpace> {
  if (!isAbsolute(path)) return { folder: path, freeBytes: null }
  const folder = await nearestFolder(path)
  const disk = await statfs(folder).catch(() => null)
  return { folder, freeBytes: disk && disk.bavail * disk.bsize }
}

/** Refuses what would not fit on its disk. */
export async function checkFreeSpace(path: string, neededBytes: number): Promise<void> {
  const { folder, freeBytes } = await freeSpace(path)
  if (freeBytes === null || freeBytes >= neededBytes) return
  throw fault(
    'disk',
    `${path} would take about ${formatBytes(neededBytes)}, but the disk of ${folder} has ${formatBytes(freeBytes)} free.`,
    { hint: 'Free some space, or choose a folder on another disk.', retryable: true },
  )
}

/** What the weight files of a model folder take; 0 where there is none. */
export function weightBytes(folder: string): number {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.safetensors')) : []
  return names.reduce((total, name) => total + statSync(join(folder, name)).size, 0)
}
