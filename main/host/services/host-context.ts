import type { EventBus } from '../events.ts'
import type { machineSettings } from '../machine-settings.ts'
import type { ProcessIdentity } from '../process-identity.ts'
import type { Store } from '../store/store.ts'

type MachineSettingsFile = ReturnType<typeof machineSettings>

/** What every service works with; made once by `openHost`. */
export type HostContext = {
  readonly store: Store
  readonly bus: EventBus
  readonly owner: ProcessIdentity
  readonly runsFolder: string
  readonly engineEntry: string
  readonly settings: MachineSettingsFile
  /** Added to the engine's environment; as the settings are now. */
  readonly engineEnv: Readonly<Record<string, string>>
  /** Aborted when the host begins to close: what cannot be stored now is given up. */
  readonly leaving: AbortSignal
  /** How long a polite stop may take before the engine is ended. */
  readonly stopTimeoutMs: number
}
