import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { fault, type StudioErrorData, toErrorData } from '../../../shared/domain/error.ts'
import type { ExportJob, ExportKind, ExportReport } from '../../../shared/domain/export.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import type { Checkpoint } from '../../../shared/domain/run.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { type EngineJob, type EngineOutcome, type EngineProgress, startEngine } from '../engine-supervisor.ts'
import type { HostContext } from './host-context.ts'
import { newRunId } from './run-id.ts'

type ExportOrder = { readonly runId: string; readonly kind: ExportKind; readonly folder: string }

async function checkTarget(folder: string): Promise<void> {
  if (!isAbsolute(folder)) throw fault('bad-config', `folder: ${folder} is not an absolute path.`)
  if (!existsSync(folder)) return
  const names = await readdir(folder).catch(() => undefined)
  if (names === undefined) throw fault('conflict', `${folder} is a file; wanted a new or an empty folder.`)
  if (names.length > 0) {
    throw fault('conflict', `${folder} is not empty (${names.length} entries).`, {
      hint: 'Choose a new folder; an export never overwrites files.',
    })
  }
}

function checkKind(kind: ExportKind, method: RunConfig['method']): void {
  if (kind !== 'adapter' || METHODS[method].adapterExport) return
  throw fault('conflict', `${METHODS[method].label} trains no adapter, so there is none to export.`, {
    hint: 'Export the merged model instead.',
  })
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

export type ExportService = ReturnType<typeof createExportService>

/** Writes merged models and adapters from a run's last checkpoint, one at a time, each in its own engine. */
export function createExportService(context: HostContext) {
  const { store, bus, runsFolder } = context
  let tail: Promise<void> = Promise.resolve()
  let engine: EngineJob | undefined
  let closed = false

  function save(job: ExportJob): ExportJob {
    store.exports.update(job)
    bus.emit({ event: 'export.updated', payload: job })
    return job
  }
  function source(runId: string): { config: RunConfig; checkpoint: Checkpoint } {
    const config = store.runs.record(runId)?.config
    if (!config) throw fault('not-found', `There is no run ${runId}.`)
    const checkpoint = store.checkpoints.list(runId).findLast(({ folder }) => existsSync(folder))
    if (!checkpoint) {
      throw fault('conflict', `Run ${runId} has no checkpoint yet, so there is nothing to export.`, {
        hint: 'Let it train to its end or to its first checkpoint (save_steps).',
      })
    }
    return { config, checkpoint }
  }
  async function work(first: ExportJob, config: RunConfig, checkpoint: string): Promise<void> {
    let job = first
    const onProgress = (report: EngineProgress) => {
      if (report.type === 'phase')
        job = save({ ...job, phase: report.phase, progress: report.progress ?? job.progress })
    }
    try {
      if (closed) throw fault('engine-died', 'The studio closed before this export began.', { hint: 'Start it again.' })
      job = save({ ...job, phase: 'Starting the engine' })
      engine = startEngine({
        entry: context.engineEntry,
        request: { type: 'export', config, checkpoint, kind: job.kind, output: job.folder },
        logFile: join(runsFolder, job.runId, 'export.log'),
        stopTimeoutMs: context.stopTimeoutMs,
        env: context.engineEnv,
        onProgress,
      })
      const result = resultOf(await engine.done)
      save(
        'code' in result
          ? { ...job, status: 'failed', phase: null, error: result }
          : { ...job, status: 'finished', phase: null, progress: 1, report: result },
      )
    } catch (error) {
      save({ ...job, status: 'failed', phase: null, error: toErrorData(error) })
    } finally {
      engine = undefined
    }
  }
  return {
    list: (runId: string): ExportJob[] => store.exports.list(runId),
    async start({ runId, kind, folder }: ExportOrder): Promise<ExportJob> {
      const { config, checkpoint } = source(runId)
      checkKind(kind, config.method)
      await checkTarget(folder)
      const now = new Date()
      const job: ExportJob = {
        id: newRunId(now),
        runId,
        kind,
        folder,
        step: checkpoint.step,
        status: 'running',
        phase: 'Waiting',
        progress: 0,
        createdAt: now.getTime(),
        report: null,
        error: null,
      }
      store.exports.insert(job, context.owner)
      bus.emit({ event: 'export.updated', payload: job })
      tail = tail.then(() => work(job, config, checkpoint.folder))
      // A failure to store the end is told by the log; it must not stop the exports behind it.
      tail = tail.catch((error: unknown) => console.error(`Export ${job.id}:`, error))
      return job
    },
    /** Ends the export at work; its half-written folder is the engine's temporary one. */
    async close(): Promise<void> {
      closed = true
      engine?.kill()
      await tail
    },
  }
}
