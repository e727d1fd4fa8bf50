import { dtypeOfFiles, type ExportDtype } from '../../../shared/domain/export.ts'
import type { Dtype } from './dtype.ts'
import type { ModelFolder } from './model-folder.ts'

/** Numbers a model folder holds in each dtype, the most first. */
export function dtypeCounts(folder: ModelFolder): (readonly [dtype: Dtype, count: number])[] {
  const counts = new Map<Dtype, number>()
  for (const name of folder.names) {
    const { dtype, shape } = folder.info(name)
    counts.set(dtype, (counts.get(dtype) ?? 0) + shape.reduce((size, dim) => size * dim, 1))
  }
  return [...counts].sort(([, a], [, b]) => b - a)
}

/** The dtype of most weights of a folder. */
export const storedDtype = (folder: ModelFolder): ExportDtype =>
  dtypeOfFiles(dtypeCounts(folder).map(([dtype]) => dtype))
