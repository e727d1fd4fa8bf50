import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { type ExportDtype, mergedSizes } from '../../../shared/domain/export.ts'
import type { MergeJob, MergeOrder } from '../../../shared/domain/merge.ts'
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
    async start({ base, adapter, folder, dtype }: MergeOrder): Promise<MergeJob> {
      checkSource('base', base, 'config.json', 'a model folder')
      checkSource('adapter', adapter, 'adapter_config.json', 'an adapter folder as PEFT writes it')
      await checkTarget(folder)
      await checkFreeSpace(folder, mergedBytes(base, dtype))
      const now = new Date()
      const id = newRunId(now)
      const fresh = { status: 'running', phase: 'Waiting', progress: 0, report: null, error: null } as const
      const job: MergeJob = { id, base, adapter, folder, dtype, createdAt: now.getTime(), ...fresh }
      save(job)
      const request = { type: 'merge', base, adapter, output: folder, dtype } as const
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

/** What is needed at most on the way: as if the base's weights were stored in two bytes each. */
function mergedBytes(base: string, dtype: ExportDtype | null): number {
  const bytes = weightBytes(base)
  return mergedSizes(bytes / 2, bytes).find((size) => size.dtype === dtype)?.peakBytes ?? 0
}
