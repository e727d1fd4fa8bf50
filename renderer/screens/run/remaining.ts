import type { Point } from '../../api/metric-buffer.ts'

/** Steps the estimate looks back on. */
const WINDOW = 50

/** Milliseconds until the last step, from the mean of the latest step times (seconds); null before the first. */
export function remainingMs(stepSeconds: readonly Point[], step: number, totalSteps: number): number | null {
  const recent = stepSeconds.slice(-WINDOW)
  if (recent.length === 0 || totalSteps === 0) return null
  const mean = recent.reduce((sum, { value }) => sum + value, 0) / recent.length
  return 1000 * mean * Math.max(0, totalSteps - step)
}
