import type { EventBus } from '../events.ts'
import type { ProcessIdentity } from '../process-identity.ts'
import type { Store } from '../store/store.ts'

/** What every service works with; made once by `openHost`. */
export type HostContext = {
  readonly store: Store
  readonly bus: EventBus
  readonly owner: ProcessIdentity
  readonly runsFolder: string
  readonly engineEntry: string
  /** Added to the engine's environment. */
  readonly engineEnv: Readonly<Record<string, string>>
  /** Aborted when the host begins to close: what cannot be stored now is given up. */
  readonly leaving: AbortSignal
  /** How long a polite stop may take before the engine is ended. */
  readonly stopTimeoutMs: number
}
