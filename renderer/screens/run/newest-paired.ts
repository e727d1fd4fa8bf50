import type { Side } from '../../../shared/domain/paired.ts'
import type { PairedJob } from '../../../shared/domain/paired-job.ts'

const isSide = (of: PairedJob['a'], { runId, base = false, step = null }: Side): boolean =>
  of.runId === runId && of.base === base && of.step === step

/** What was asked last of these two, or null. */
export const newestOf = (jobs: readonly PairedJob[], a: Side, b: Side): PairedJob | null =>
  jobs
    .filter((job) => isSide(job.a, a) && isSide(job.b, b))
    .reduce<PairedJob | null>((newest, job) => (newest && newest.createdAt > job.createdAt ? newest : job), null)
