import type { RunConfigInput } from '../../../shared/domain/run-config.ts'
import type { RealStudio } from '../real-studio.ts'

export type BadInput = {
  readonly what: string
  readonly spoil?: (studio: RealStudio) => void | Promise<void>
  readonly set?: Partial<RunConfigInput>
  readonly env?: Readonly<Record<string, string>>
  /** Found before a run is made (exit code 2), or by the engine, in which case the run is there and failed (1). */
  readonly found: 'before' | 'in the run'
  readonly engineDies?: true
  /** Not the file's fault, so that the run can be started over as it is. */
  readonly mayPass?: true
  /** Parts of the text: where, got, wanted, cure. */
  readonly says: readonly string[]
}
