import type { Alarm } from '../../../../shared/domain/alarm.ts'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import type { RunData } from '../../data/load-data.ts'
import type { Trajectory } from '../session.ts'

/** What a watch has to say: an alarm, that there is none (any more), or nothing new (undefined). */
export type Verdict = Pick<Alarm, 'message' | 'hint'> | null | undefined

export type StepFacts = { readonly step: number; readonly learningRate: number; readonly gradNorm: number }

/** Looks for one kind of numbers that lie; made anew for each run, so that it may keep what it has seen. */
export type Watch = {
  /** Once, before the first step. */
  readonly data?: (data: RunData) => Verdict
  readonly step?: (facts: StepFacts) => Verdict
  readonly trajectory?: (step: number, trajectory: Trajectory) => Verdict
}

export type WatchRequest = {
  readonly config: RunConfig
  /** Modules in the order of a trajectory's values. */
  readonly modules: readonly string[]
  readonly trainableParameters: number
}
