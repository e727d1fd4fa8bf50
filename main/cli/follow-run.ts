import { ALARMS } from '../../shared/domain/alarm.ts'
import { METHOD_KINDS, METHODS } from '../../shared/domain/method.ts'
import { ACTIVE_STATUSES, type RunSummary } from '../../shared/domain/run.ts'
import type { Host } from '../host/host.ts'
import { type ExitCode, exitCodeOfRun } from './exit-code.ts'
import { durationText, numberText, shareText } from './format.ts'
import { onInterrupt } from './interrupt.ts'
import { lastState } from './last-state.ts'
import { faultText, type Output } from './output.ts'
import { createRunProgress } from './run-progress.ts'

/** What can be done with a finished run: exported as its method allows, or at least asked. */
function nextText({ id, method }: RunSummary): string {
  const kind = METHOD_KINDS.find((one) => one === method)
  const { mergeable, adapterExport } = METHODS[kind ?? 'full']
  if (mergeable) return `Export it with: dora-studio export ${id} --merged FOLDER`
  return adapterExport
    ? `Export it with: dora-studio export ${id} --adapter FOLDER`
    : `Ask it with: dora-studio chat ${id}`
}

function closingText(run: RunSummary): string {
  const seconds = ((run.endedAt ?? 0) - (run.startedAt ?? run.createdAt)) / 1000
  const lines = [
    `Run ${run.id} ${run.status} at step ${run.step}${run.totalSteps > 0 ? ` of ${run.totalSteps}` : ''} after ${durationText(seconds)}.`,
  ]
  const accuracy = run.evalAccuracy === null ? '' : `, accuracy ${shareText(run.evalAccuracy)}`
  if (run.evalLoss !== null) lines.push(`Validation loss ${numberText(run.evalLoss)}${accuracy}.`)
  if (run.testAccuracy !== null) lines.push(`Test accuracy ${shareText(run.testAccuracy)}.`)
  if (run.status === 'finished') lines.push(nextText(run))
  else if (run.resumable) lines.push(`Go on with: dora-studio resume ${run.id}`)
  return lines.join('\n')
}

/** Settles with the run's last state. */
function runEnd(host: Host, runId: string, output: Output): Promise<RunSummary> {
  const progress = createRunProgress(output, runId)
  const unsubscribe = host.on('metrics.appended', (event) => event.runId === runId && progress.metrics(event.rows))
  const ended = lastState(host, 'run.updated', {
    id: runId,
    isAtWork: ({ status }) => ACTIVE_STATUSES.includes(status),
    show: progress.update,
    current: () => host.call('runs.get', { runId }),
  })
  return ended.finally(() => {
    unsubscribe()
    progress.end()
  })
}

/** Follows a run of this host to its end. Ctrl+C stops it with a checkpoint, a second one ends it at once. */
export async function followRun(host: Host, runId: string, output: Output): Promise<ExitCode> {
  const release = onInterrupt((times) => {
    output.note(
      times === 1 ? '\nStopping after this step with a checkpoint; Ctrl+C again ends it at once.' : '\nEnding it.',
    )
    host.call('runs.stop', { runId, checkpoint: times === 1 }).catch(output.fault)
  })
  try {
    const run = await runEnd(host, runId, output)
    output.line(closingText(run))
    for (const { kind, message, hint } of run.alarms) output.note(`Warning: ${ALARMS[kind].title}. ${message} ${hint}`)
    if (run.error) output.note(faultText(run.error))
    return exitCodeOfRun(run)
  } finally {
    release()
  }
}
