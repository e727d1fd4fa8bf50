import { formatPercent } from '../../shared/domain/amounts.ts'
import { ACTIVE_STATUSES, type RunStatus, type RunSummary } from '../../shared/domain/run.ts'

type WatchedRun = Pick<
  RunSummary,
  'id' | 'name' | 'status' | 'step' | 'totalSteps' | 'evalLoss' | 'testAccuracy' | 'error'
>
/** A run at work or waiting; `totalSteps` is 0 until it is known. */
export type ActiveRun = Pick<RunSummary, 'id' | 'name' | 'step' | 'totalSteps'>
export type RunEnd = { readonly runId: string; readonly title: string; readonly body: string }

const isActive = (status: RunStatus): boolean => ACTIVE_STATUSES.includes(status)

function endTitle({ name, status }: WatchedRun): string {
  if (status === 'finished') return `${name} has finished`
  if (status === 'failed') return `${name} has failed`
  return `${name} has stopped`
}

function endBody({ step, evalLoss, testAccuracy, error }: WatchedRun): string {
  if (error) return error.message
  const loss = evalLoss === null ? '' : `, validation loss ${evalLoss.toFixed(4)}`
  const accuracy = testAccuracy === null ? '' : `, test accuracy ${formatPercent(testAccuracy)}`
  return `${step} steps${loss}${accuracy}`
}

/** Follows which runs are at work, from the list at first and from events after that. */
export function createRunWatch(onEnd: (end: RunEnd) => void) {
  let active = new Map<string, ActiveRun>()
  return {
    active: (): ActiveRun[] => [...active.values()],
    /** The whole list, asked for whenever a host is opened: what went on without us is no news. */
    reset(runs: readonly WatchedRun[]): void {
      active = new Map(runs.filter(({ status }) => isActive(status)).map((run) => [run.id, run]))
    },
    update(run: WatchedRun): void {
      const was = active.has(run.id)
      if (isActive(run.status)) active.set(run.id, run)
      else if (active.delete(run.id) && was) onEnd({ runId: run.id, title: endTitle(run), body: endBody(run) })
    },
    remove: (runId: string): void => void active.delete(runId),
  }
}
