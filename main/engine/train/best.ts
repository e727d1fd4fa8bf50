import type { RunConfig } from '../../../shared/domain/run-config.ts'

/** What the validations of a run have shown so far; part of a checkpoint, so that a resumed run goes on counting. */
export type BestSoFar = {
  /** Step and value of the lowest validation loss; null before the first validation. */
  readonly step: number | null
  readonly loss: number | null
  /** Validations in a row that brought no gain. */
  readonly misses: number
  /** Step of the last validation. */
  readonly seenAt: number | null
}

export const NOTHING_SEEN: BestSoFar = { step: null, loss: null, misses: 0, seenAt: null }

type Patience = Pick<RunConfig, 'early_stopping_patience' | 'early_stopping_threshold'>

/** A loss counts as a gain where it is lower by more than the threshold, as in the EarlyStoppingCallback of transformers. */
export function afterValidation(best: BestSoFar, step: number, loss: number, patience: Patience): BestSoFar {
  const before = best.loss ?? Number.POSITIVE_INFINITY
  const gained = before - loss > patience.early_stopping_threshold
  const lowest = loss < before
  return {
    step: lowest ? step : best.step,
    loss: lowest ? loss : best.loss,
    misses: gained ? 0 : best.misses + 1,
    seenAt: step,
  }
}

/** Whether patience is at its end. */
export const isExhausted = ({ misses }: BestSoFar, { early_stopping_patience }: Patience): boolean =>
  early_stopping_patience > 0 && misses >= early_stopping_patience
