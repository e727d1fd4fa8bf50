import { fault, type StudioErrorData, toErrorData } from '../../../shared/domain/error.ts'
import type { ExportReport, WriteState } from '../../../shared/domain/export.ts'
import { type EngineJob, type EngineOutcome, type EngineProgress, startEngine } from '../engine-supervisor.ts'
import type { HostContext } from './host-context.ts'

type Order<J extends WriteState> = {
  readonly job: J
  readonly request: Parameters<typeof startEngine>[0]['request']
  readonly logFile: string
  /** Keeps and tells a new state of the job. */
  readonly save: (job: J) => void
}

export type WriteQueue = ReturnType<typeof createWriteQueue>

/** Engines that write model folders (exports and merges): one at a time, in the order they were asked for. */
export function createWriteQueue(context: HostContext) {
  let tail: Promise<void> = Promise.resolve()
  let engine: EngineJob | undefined
  let closed = false

  async function work<J extends WriteState>({ job: first, request, logFile, save }: Order<J>): Promise<void> {
    let job = first
    const change = (state: Partial<WriteState>) => {
      job = { ...job, ...state }
      save(job)
    }
    const onProgress = (report: EngineProgress) => {
      if (report.type === 'phase') change({ phase: report.phase, progress: report.progress ?? job.progress })
    }
    try {
      if (closed) throw fault('engine-died', 'The studio closed before this began.', { hint: 'Start it again.' })
      change({ phase: 'Starting the engine' })
      const { engineEntry: entry, stopTimeoutMs, engineEnv: env } = context
      engine = startEngine({ entry, request, logFile, stopTimeoutMs, env, onProgress })
      const result = resultOf(await engine.done)
      if ('code' in result) change({ status: 'failed', phase: null, error: result })
      else change({ status: 'finished', phase: null, progress: 1, report: result })
    } catch (error) {
      change({ status: 'failed', phase: null, error: toErrorData(error) })
    } finally {
      engine = undefined
    }
  }
  return {
    add<J extends WriteState & { readonly id: string }>(order: Order<J>): void {
      tail = tail.then(() => work(order))
      // A failure to store the end is told by the log; it must not stop what waits behind it.
      tail = tail.catch((error: unknown) => console.error(`Export ${order.job.id}:`, error))
    },
    /** Ends the engine at work; its half-written folder is a temporary one. */
    async close(): Promise<void> {
      closed = true
      engine?.kill()
      await tail
    },
  }
}

/** What the engine said at the end, as the report or the error of the job. */
function resultOf(outcome: EngineOutcome): ExportReport | StudioErrorData {
  if (outcome.type === 'exported') return outcome.report
  if (outcome.type === 'failed') return outcome.error
  const message =
    outcome.type === 'killed'
      ? 'The export was ended because the studio closed.'
      : `The engine ${outcome.type} without an export.`
  return fault('engine-died', message, { hint: 'Start the export again.', retryable: true }).data
}
