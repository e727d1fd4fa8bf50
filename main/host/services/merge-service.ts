import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { type GgufDtype, ggufSizes, isExportDtype, type MergeKind, mergedSizes } from '../../../shared/domain/export.ts'
import { GGUF_FAMILIES, isGgufFamily } from '../../../shared/domain/gguf.ts'
import type { MergeJob, MergeOrder } from '../../../shared/domain/merge.ts'
import { readSmallText } from '../small-text.ts'
import { checkFreeSpace, weightBytes } from './free-space.ts'
import type { HostContext } from './host-context.ts'
import { newRunId } from './run-id.ts'
import { checkTarget } from './target-folder.ts'
import type { WriteQueue } from './write-queue.ts'

/** As many as the page would show; older ones are forgotten. */
const KEPT = 50

/**
 * Merges adapters from elsewhere into their base models. The list is of this session: what a merge made is a folder, and
 * a run's history has no place for it.
 */
export function createMergeService({ bus, runsFolder }: HostContext, queue: WriteQueue) {
  const jobs = new Map<string, MergeJob>()
  function save(job: MergeJob): void {
    jobs.set(job.id, job)
    const oldest = [...jobs.values()].find(({ status }) => status !== 'running')
    if (jobs.size > KEPT && oldest) jobs.delete(oldest.id)
    bus.emit({ event: 'merge.updated', payload: job })
  }
  return {
    /** Oldest first. */
    list: (): MergeJob[] => [...jobs.values()],
    async start({ base, adapter, folder, kind, dtype }: MergeOrder): Promise<MergeJob> {
      checkSource('base', base, 'config.json', 'a model folder')
      checkSource('adapter', adapter, 'adapter_config.json', 'an adapter folder as PEFT writes it')
      checkKind(base, kind, dtype)
      await checkTarget(folder)
      await checkFreeSpace(folder, mergedBytes(base, kind, dtype))
      const now = new Date()
      const id = newRunId(now)
      const fresh = { status: 'running', phase: 'Waiting', progress: 0, report: null, error: null } as const
      const job: MergeJob = { id, base, adapter, folder, kind, dtype, createdAt: now.getTime(), ...fresh }
      save(job)
      const request = { type: 'merge', base, adapter, output: folder, kind, dtype } as const
      queue.add<MergeJob>({ job, request, logFile: join(runsFolder, 'merge.log'), save })
      return job
    },
  }
}

function checkSource(field: string, folder: string, file: string, wanted: string): void {
  if (!isAbsolute(folder)) throw fault('bad-config', `${field}: ${folder} is not an absolute path.`)
  if (existsSync(join(folder, file))) return
  const got = existsSync(folder) ? `${folder} has no ${file}` : `${folder} does not exist`
  throw fault('bad-config', `${field}: ${got}; wanted ${wanted}.`, { hint: 'Check the path.' })
}

/** What else llama.cpp cannot run is told by the engine. */
function checkKind(base: string, kind: MergeKind, dtype: GgufDtype | null): void {
  if (kind !== 'gguf' && !isExportDtype(dtype))
    throw fault('bad-config', `dtype: ${dtype} is for GGUF files, not for ${kind}.`, { hint: 'Choose another dtype.' })
  const type = kind === 'gguf' ? modelType(base) : null
  if (type === null || isGgufFamily(type)) return
  throw fault('conflict', `base: as GGUF are written the families ${GGUF_FAMILIES.join(', ')}, and this is ${type}.`, {
    hint: 'Merge it as a model.',
  })
}

/** As much as the engine reads of it. */
const MOST_CONFIG_BYTES = 20_000_000

/** As config.json has it; null where it cannot be read, which the engine tells better. */
function modelType(base: string): string | null {
  try {
    const json: unknown = JSON.parse(readSmallText(join(base, 'config.json'), MOST_CONFIG_BYTES))
    const type = typeof json === 'object' && json !== null && 'model_type' in json ? json.model_type : null
    return typeof type === 'string' ? type.slice(0, 80) : null
  } catch {
    return null
  }
}

/** What is needed at most on the way: as if the base's weights were stored in two bytes each. */
function mergedBytes(base: string, kind: MergeKind, dtype: GgufDtype | null): number {
  const bytes = weightBytes(base)
  const sizes = kind === 'gguf' ? ggufSizes : mergedSizes
  return sizes(bytes / 2, bytes).find((size) => size.dtype === dtype)?.peakBytes ?? 0
}
