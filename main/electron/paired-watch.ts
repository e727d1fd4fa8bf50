import type { PairedJob } from '../../shared/domain/paired-job.ts'
import type { ActiveRun, RunEnd } from './run-watch.ts'

type WatchedPair = Pick<PairedJob, 'id' | 'names' | 'status' | 'done' | 'total' | 'b' | 'error'>

const nameOf = ({ names }: WatchedPair): string => names.join(' beside ')

const TITLES = { finished: 'A comparison has finished', cancelled: 'A comparison was cancelled' } as const

const endOf = (job: WatchedPair): RunEnd => ({
  runId: job.b.runId,
  title: TITLES[job.status as keyof typeof TITLES] ?? 'A comparison has failed',
  body: job.error?.message ?? nameOf(job),
})

/** Follows which paired evaluations are at work, as `createRunWatch` does runs; their answers are told as steps. */
export function createPairedWatch(onEnd: (end: RunEnd) => void) {
  const active = new Map<string, ActiveRun>()
  const take = (job: WatchedPair) =>
    void active.set(job.id, { id: job.id, name: nameOf(job), step: job.done, totalSteps: job.total })
  return {
    active: (): ActiveRun[] => [...active.values()],
    /** The whole list, asked for whenever a host is opened. */
    reset(jobs: readonly WatchedPair[]): void {
      active.clear()
      for (const job of jobs) if (job.status === 'running') take(job)
    },
    update(job: WatchedPair): void {
      if (job.status === 'running') take(job)
      else if (active.delete(job.id)) onEnd(endOf(job))
    },
  }
}
