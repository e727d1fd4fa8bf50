import { METHODS } from '../../../shared/domain/method.ts'
import { ACTIVE_STATUSES, type RunSummary } from '../../../shared/domain/run.ts'

export const isActive = ({ status }: RunSummary): boolean => ACTIVE_STATUSES.includes(status)

/** Milliseconds from start to end, or to now; null before the start, 0 where the clock was set back behind it. */
export const durationOf = ({ startedAt, endedAt }: RunSummary, now: number): number | null =>
  startedAt === null ? null : Math.max(0, (endedAt ?? now) - startedAt)

export const methodLabel = (method: string): string =>
  method in METHODS ? METHODS[method as keyof typeof METHODS].label : method

/** Where a waiting run stands; `position` counts from 1. */
export const queueText = (position: number): string =>
  position === 1 ? 'Starts next' : `Number ${position} in the queue`

/** The figure a run is judged by: the test set's, else the validation set's. */
export const accuracyOf = ({ testAccuracy, evalAccuracy }: RunSummary): number | null => testAccuracy ?? evalAccuracy
