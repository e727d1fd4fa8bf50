import { toErrorData } from '../../../shared/domain/error.ts'
import type { RunSummary } from '../../../shared/domain/run.ts'
import type { HostContext } from './host-context.ts'
import { reapOrphans } from './orphans.ts'

/**
 * Looks at what other hosts on the same folder (a command line beside `serve`) have written and tells this host's
 * fronts about their runs. SQLite's data_version says for next to nothing whether there is anything to look at.
 * Returns the function that ends the watch.
 */
export function watchOtherHosts(context: HostContext, pollMs: number): () => void {
  const { store, bus } = context
  const byId = () => new Map(store.runs.list().map((run) => [run.id, run]))
  let known: ReadonlyMap<string, RunSummary> = byId()
  let version = store.dataVersion()

  function look(): void {
    store.keepFiles()
    reapOrphans(context)
    const current = store.dataVersion()
    if (current === version) return
    version = current
    const now = byId()
    for (const [id, run] of now) {
      if (JSON.stringify(known.get(id)) !== JSON.stringify(run)) bus.emit({ event: 'run.updated', payload: run })
    }
    for (const id of known.keys()) if (!now.has(id)) bus.emit({ event: 'run.deleted', payload: { runId: id } })
    known = now
  }
  // Said once, not each second for as long as a disk is full.
  let said = ''
  const timer = setInterval(() => {
    try {
      look()
      said = ''
    } catch (error) {
      const { message } = toErrorData(error)
      if (message !== said) console.error(`Looking for changes of other studios failed: ${message}`)
      said = message
    }
  }, pollMs)
  timer.unref()
  return () => clearInterval(timer)
}
