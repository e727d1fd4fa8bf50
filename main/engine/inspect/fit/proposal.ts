import type { FitChanges, ProposalKind } from '../../../../shared/domain/fit.ts'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'

/** What proposals know of a run beside its settings. */
export type FitFacts = {
  /** Tokens of each sample of all files, as they are cut now, ascending. */
  readonly lengths: readonly number[]
  /** Positions of the model, which may be fewer than max_seq_length. */
  readonly maxPositions: number
  /** Whether anything is evaluated. */
  readonly evaluates: boolean
}

/** One way to need less memory. */
export type Proposal = {
  readonly kind: ProposalKind
  /** Ever further changes, the least first; none where there is nothing to change. The least that fits is proposed. */
  readonly steps: (config: RunConfig, facts: FitFacts) => readonly FitChanges[]
}

/** `value` halved again and again, down to `least`. */
export function halves(value: number, least: number): number[] {
  const found: number[] = []
  for (let half = Math.floor(value / 2); half >= least; half = Math.floor(half / 2)) found.push(half)
  return found
}
