import type { MachineSpeed } from '../../../shared/domain/machine-speed.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Inspector } from './inspector.ts'

/** Speed of the machine on the device a run would take; null where it is not known. */
export type KnowsSpeed = (config: RunConfig) => Promise<MachineSpeed | null>

/**
 * Measured by an engine at the first question about a device, and kept as long as the host lives. Not measured while
 * `busy`, since a run at work would make the machine look slow.
 */
export function createMachineSpeed({ speed }: Pick<Inspector, 'speed'>, busy: () => boolean): KnowsSpeed {
  const known = new Map<string, Promise<MachineSpeed | null>>()
  return (config) => {
    const { backend, device, xla } = config
    const key = JSON.stringify([backend, device, xla])
    const measured = known.get(key) ?? (busy() ? Promise.resolve(null) : speed(config).catch(() => null))
    if (known.has(key) || !busy()) known.set(key, measured)
    return measured
  }
}
