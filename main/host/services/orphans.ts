import { fault } from '../../../shared/domain/error.ts'
import { clearHalfWritten } from '../half-written.ts'
import { isAlive, type ProcessIdentity } from '../process-identity.ts'
import type { HostContext } from './host-context.ts'
import { lastCheckpoint } from './last-checkpoint.ts'

/** Work whose host is gone: runs and downloads become `interrupted` (resumable), exports `failed`. */
export function reapOrphans(
  { store, bus, owner, runsFolder }: Pick<HostContext, 'store' | 'bus' | 'owner' | 'runsFolder'>,
  thorough = false,
): void {
  const gone = ({ pid, start }: ProcessIdentity) =>
    !(pid === owner.pid && start === owner.start) && !isAlive({ pid, start }, thorough)
  for (const { id, ...host } of store.runs.active()) {
    if (!gone(host)) continue
    // Stores one that nobody was told of, so that the run can be resumed.
    lastCheckpoint({ store, runsFolder }, id)
    store.runs.update(id, { status: 'interrupted', endedAt: Date.now(), phase: null })
    const payload = store.runs.summary(id)
    if (payload) bus.emit({ event: 'run.updated', payload })
  }
  for (const { id, ...host } of store.downloads.atWork()) {
    if (!gone(host)) continue
    store.downloads.update(id, { status: 'interrupted' })
    const payload = store.downloads.get(id)
    if (payload) bus.emit({ event: 'download.updated', payload })
  }
  const error = fault('engine-died', 'The studio ended while this export was at work.', {
    hint: 'Start the export again.',
    retryable: true,
  }).data
  for (const { id, folder, ...host } of store.exports.running()) {
    // Its engine leaves a moment after its host; until then it may still be writing.
    if (gone(host) && clearHalfWritten(folder)) store.exports.fail(id, error)
  }
}
