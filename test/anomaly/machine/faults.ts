import type { RunStatus } from '../../../shared/domain/run.ts'
import { DISK_FAULTS } from './disk-faults.ts'
import type { Machine } from './machine.ts'
import { MEMORY_AND_CLOCK } from './memory-and-clock.ts'
import { VANISHED_FILES } from './vanished-files.ts'

/** A fault of the machine, caused for real while a run is at work and another one waits. */
export type MachineFault = {
  readonly what: string
  /** Whether it strikes where the run is at work (unless told), or where its engine has just been started. */
  readonly at?: 'work' | 'start'
  /** Causes it; answers with what takes it away. */
  readonly cause: (machine: Machine, runId: string) => () => void
  /** How the run ends that was at work. */
  readonly ends: RunStatus
  /** What its text says. */
  readonly says?: RegExp
  /** What the run says that waited, where it cannot begin before the cause is gone. */
  readonly nextSays?: RegExp
}

export const MACHINE_FAULTS: readonly MachineFault[] = [...DISK_FAULTS, ...VANISHED_FILES, ...MEMORY_AND_CLOCK]
