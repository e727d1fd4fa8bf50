import { setTimeout as delay } from 'node:timers/promises'
import { toErrorData } from '../../../shared/domain/error.ts'
import type { RunPatch } from '../store/runs.ts'
import type { HostContext } from './host-context.ts'
import { lastCheckpoint } from './last-checkpoint.ts'

const RETRY_MS = 5_000

/** What of a patch a summary shows. */
const shown = ({ status, step, error, endedAt, phase }: RunPatch) =>
  Object.fromEntries(Object.entries({ status, step, error, endedAt, phase }).filter(([, value]) => value !== undefined))

/**
 * Stores a run's last state and tells the fronts. On a full disk it must neither stay `running` for ever nor keep anybody
 * waiting: the fronts are told at once, and it is written as soon as it can be, or given up when the host leaves; the next
 * one then finds the run interrupted.
 */
export async function endRun(
  { store, bus, leaving, runsFolder }: Pick<HostContext, 'store' | 'bus' | 'leaving' | 'runsFolder'>,
  runId: string,
  patch: RunPatch,
  retryMs = RETRY_MS,
): Promise<void> {
  const end: RunPatch = { phase: null, endedAt: Date.now(), ...patch }
  const publish = () => {
    const summary = store.runs.summary(runId)
    if (summary) bus.emit({ event: 'run.updated', payload: { ...summary, ...shown(end) } })
  }
  for (let attempt = 0; ; attempt++) {
    try {
      // Stores one that nobody was told of, so that the run can be resumed.
      lastCheckpoint({ store, runsFolder }, runId)
      store.runs.update(runId, end)
      return publish()
    } catch (error) {
      if (attempt === 0) console.error(`The end of run ${runId} could not be stored yet: ${toErrorData(error).message}`)
      // Again each time: who has only just begun to listen cannot read it in the store.
      publish()
      await delay(retryMs, undefined, { signal: leaving }).catch(() => {})
      if (leaving.aborted) return
    }
  }
}
