import { join } from 'node:path'
import type { CallName, CallOutput, EventName, EventPayload, StudioClient } from '../../shared/contract.ts'
import { fault, StudioError, toErrorData } from '../../shared/domain/error.ts'
import type { HistoryRepair } from '../../shared/domain/history.ts'
import { makeDurableFolder } from '../durable.ts'
import { createDispatch, type Dispatch } from './dispatch.ts'
import { createEventBus, type StudioEvent } from './events.ts'
import { dataFolder as defaultDataFolder, entryFile, historyFile } from './folders.ts'
import { createHandlers } from './handlers.ts'
import { machineSettings } from './machine-settings.ts'
import { ownIdentity } from './process-identity.ts'
import { adoptRuns } from './services/adopt-runs.ts'
import { repairOf } from './services/history-service.ts'
import type { HostContext } from './services/host-context.ts'
import { createServices } from './services/index.ts'
import { reapOrphans } from './services/orphans.ts'
import { watchOtherHosts } from './services/other-hosts.ts'
import type { Recovery } from './store/recover.ts'
import { openOrRecover, openStore } from './store/store.ts'

export type HostOptions = {
  /** Runs and database; made if missing. Default: the user's data folder. */
  readonly dataFolder?: string
  readonly engineEntry?: string
  readonly engineEnv?: Readonly<Record<string, string>>
  readonly doctorEntry?: string
  readonly historyEntry?: string
  /** A damaged history is repaired instead of refused (the damaged file is kept): for fronts that have no other way to offer it. */
  readonly repairsHistory?: boolean
  /** How long a polite stop may take before the engine is ended; default two minutes. */
  readonly stopTimeoutMs?: number
  /** How often changes made by other hosts on the same folder are looked for; default a second. */
  readonly otherHostsPollMs?: number
  /** How long a model of a conversation stays in memory without a text; default ten minutes. */
  readonly chatIdleMs?: number
}

/** The studio without a front. `call` rejects with a StudioError. */
export type Host = StudioClient & {
  readonly dispatch: Dispatch
  readonly subscribe: (listener: (event: StudioEvent) => void) => () => void
  /** Stops running work with a checkpoint and closes the store; runs at work become `interrupted`. */
  readonly close: () => Promise<void>
}

function makeFolders(dataFolder: string): string {
  const runsFolder = join(dataFolder, 'runs')
  try {
    makeDurableFolder(runsFolder)
    return runsFolder
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw fault('disk', `The data folder ${dataFolder} cannot be made: ${reason}`, {
      hint: 'Set DORA_STUDIO_HOME to a folder you may write.',
    })
  }
}

type ContextParts = Pick<HostContext, 'store' | 'runsFolder' | 'leaving' | 'settings'>

function openContext(options: HostOptions, parts: ContextParts): HostContext {
  return {
    ...parts,
    bus: createEventBus(),
    owner: ownIdentity(),
    engineEntry: options.engineEntry ?? entryFile('engine'),
    get engineEnv() {
      return { ...options.engineEnv, ...parts.settings.engineEnvironment() }
    },
    stopTimeoutMs: options.stopTimeoutMs ?? 120_000,
  }
}

/** What a repair at this start brought over; null where the history was sound, as nearly always. */
function repairAtStart(context: HostContext, recovery: Recovery | null): HistoryRepair | null {
  if (recovery === null) return null
  const repair = repairOf(recovery, adoptRuns(context))
  console.error(`The history was damaged and has been repaired; the damaged file is ${repair.kept}.`)
  return repair
}

/** The history opens on a full disk too; the watch looks again every second. */
function reapAtStart(context: HostContext): void {
  try {
    reapOrphans(context, true)
  } catch (error) {
    console.error(`Runs that were interrupted could not be marked yet: ${toErrorData(error).message}`)
  }
}

/** Opens the studio on a data folder, in this process: the composition root of every front. */
export async function openHost(options: HostOptions = {}): Promise<Host> {
  const dataFolder = options.dataFolder ?? defaultDataFolder()
  const leaving = new AbortController()
  const runsFolder = makeFolders(dataFolder)
  const file = historyFile(dataFolder)
  const { store, recovery } = options.repairsHistory ? openOrRecover(file) : { store: openStore(file), recovery: null }
  const settings = machineSettings(join(dataFolder, 'settings.json'))
  const context = openContext(options, { store, runsFolder, leaving: leaving.signal, settings })
  const { bus } = context
  const repaired = repairAtStart(context, recovery)
  reapAtStart(context)
  const services = createServices(context, {
    historyFile: file,
    historyEntry: options.historyEntry ?? entryFile('history'),
    chatIdleMs: options.chatIdleMs ?? 600_000,
  })
  await services.runs.sweep()
  const endWatch = watchOtherHosts(context, options.otherHostsPollMs ?? 1_000)
  const doctorEntry = options.doctorEntry ?? entryFile('doctor')
  const dispatch = createDispatch(createHandlers({ ...services, context, repaired, dataFolder, doctorEntry }))
  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    endWatch()
    leaving.abort()
    await services.close()
    store.close()
  }
  return {
    dispatch,
    subscribe: bus.subscribe,
    async call<K extends CallName>(name: K, input: unknown): Promise<CallOutput<K>> {
      const result = await dispatch(name, input)
      if (!result.ok) throw new StudioError(result.error)
      // Checked against the contract by the dispatch.
      return result.output as CallOutput<K>
    },
    on<K extends EventName>(name: K, listener: (payload: EventPayload<K>) => void) {
      return bus.subscribe((event) => {
        if (event.event === name) listener(event.payload as EventPayload<K>)
      })
    },
    close: () => (closing ??= close()),
  }
}
