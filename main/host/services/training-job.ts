import { join } from 'node:path'
import { assertNever, fault, type StudioErrorData } from '../../../shared/domain/error.ts'
import type { MetricRow } from '../../../shared/domain/metric.ts'
import type { RunStatus } from '../../../shared/domain/run.ts'
import type { EngineRequest } from '../../../shared/engine-protocol.ts'
import { type EngineOutcome, type EngineProgress, startEngine } from '../engine-supervisor.ts'
import type { RunPatch } from '../store/runs.ts'
import { stopwatch } from './elapsed.ts'
import type { HostContext } from './host-context.ts'
import { endRun } from './run-end.ts'

type TrainRequest = Extract<EngineRequest, { type: 'train' }>

export type TrainingJob = {
  /** Settles when the run's last state is in the store; never rejects. */
  readonly done: Promise<void>
  /** The first call is polite; another one ends the engine at once. `asInterrupted`: the host leaves, the user did not stop it. */
  stop(checkpoint: boolean, asInterrupted?: boolean): void
}

function killedFault(): StudioErrorData {
  return fault('engine-died', 'The engine was ended before it could write a checkpoint.', {
    hint: 'Steps since the last checkpoint are trained again on resume.',
    retryable: true,
  }).data
}

/** The last patch of a run, from how its engine ended. */
function endPatch(outcome: EngineOutcome, interrupted: boolean): RunPatch {
  const halted: RunStatus = interrupted ? 'interrupted' : 'stopped'
  switch (outcome.type) {
    case 'finished':
      return { status: 'finished', step: outcome.step, error: null, phase: outcome.note }
    case 'stopped':
      return { status: halted, step: outcome.step, error: null }
    case 'killed':
      return { status: halted, error: killedFault() }
    case 'failed':
      // An engine that died said nothing against the run: it goes on from its last checkpoint.
      return { status: outcome.error.code === 'engine-died' ? 'interrupted' : 'failed', error: outcome.error }
    case 'exported':
    case 'inspected':
      return {
        status: 'failed',
        error: fault('internal', `The engine ${outcome.type} where it was asked to train.`).data,
      }
    default:
      return assertNever(outcome, 'engine outcome')
  }
}

function lastStep(rows: readonly MetricRow[]): number | undefined {
  const steps = rows.filter(({ name }) => name === 'train_loss').map(({ step }) => step)
  return steps.length === 0 ? undefined : steps.reduce((a, b) => Math.max(a, b))
}

/** Drives one engine through one training run: every report goes to the store first, then to the fronts. */
export function startTraining(context: HostContext, runId: string, request: TrainRequest): TrainingJob {
  const { store, bus } = context
  let status: RunStatus = 'preparing'
  let interrupted = false
  let ended = false

  function publish(): void {
    const payload = store.runs.summary(runId)
    if (payload) bus.emit({ event: 'run.updated', payload })
  }
  function started(): RunPatch {
    if (status !== 'preparing') return { phase: null }
    status = 'running'
    return { status, phase: null }
  }
  function appendMetrics(rows: readonly MetricRow[]): void {
    const step = lastStep(rows)
    store.metrics.append(runId, rows)
    store.runs.update(runId, step === undefined ? started() : { ...started(), step })
  }
  function write(report: EngineProgress): void {
    switch (report.type) {
      case 'phase': {
        const percent = report.progress === null ? '' : ` (${Math.round(report.progress * 100)}%)`
        store.runs.update(runId, { phase: `${report.phase}${percent}` })
        break
      }
      case 'plan': {
        const versions = { ...store.runs.record(runId)?.versions, ...report.versions }
        store.runs.update(runId, { plan: report.plan, versions })
        break
      }
      case 'metrics':
        appendMetrics(report.rows)
        break
      case 'alarm':
        store.alarms.set(runId, report.kind, report.alarm)
        break
      case 'checkpoint': {
        const { step, folder, bytes, evalLoss, best } = report
        store.checkpoints.add(runId, { step, folder, bytes, evalLoss, best, createdAt: Date.now() }, [])
        store.runs.update(runId, started())
        break
      }
      case 'pruned':
        store.checkpoints.forget(runId, report.folders)
        break
      case 'asked':
        // Of looks alone: a run says what it measures as metrics.
        break
      default:
        assertNever(report, 'engine report')
    }
  }
  function onProgress(report: EngineProgress): void {
    store.transaction(() => write(report))
    if (report.type === 'checkpoint') job.tell({ type: 'stored', step: report.step })
    if (report.type === 'metrics') bus.emit({ event: 'metrics.appended', payload: { runId, rows: report.rows } })
    publish()
  }
  function settle(outcome: EngineOutcome): Promise<void> {
    ended = true
    return endRun(context, runId, { ...endPatch(outcome, interrupted), endedAt: startedAt + elapsed() })
  }

  // A clock that is set while the run is at work must not change how long it took.
  const [startedAt, elapsed] = [Date.now(), stopwatch()]
  store.alarms.clear(runId)
  store.runs.update(runId, { status, startedAt, endedAt: null, error: null, phase: 'Starting the engine' })
  publish()
  const job = startEngine({
    entry: context.engineEntry,
    request,
    logFile: join(request.runFolder, 'engine.log'),
    stopTimeoutMs: context.stopTimeoutMs,
    env: context.engineEnv,
    onProgress,
  })
  return {
    done: job.done.then(settle),
    stop(checkpoint, asInterrupted = false) {
      // Its last state is being published: a host closed by that news must not write over it.
      if (ended) return
      if (status === 'stopping') {
        // A host that leaves waits for the stop that was asked for; only the user hurries it.
        if (!asInterrupted) job.kill()
        return
      }
      interrupted = asInterrupted
      status = 'stopping'
      store.runs.update(runId, { status })
      publish()
      job.stop(checkpoint)
    },
  }
}
