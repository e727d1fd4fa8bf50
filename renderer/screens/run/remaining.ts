import type { Point } from '../../api/metric-buffer.ts'

/** Steps the estimate looks back on. */
const WINDOW = 50
/** The first steps build graphs and fill caches: no measure of those to come. */
const WARM_UP = 3
/** A step that took so many times the usual one did something once: a new batch shape, the first one after a pause. */
const UNUSUAL = 5

/** Milliseconds until the last step, from the mean of the latest usual step times (seconds); null before warm-up is over. */
export function remainingMs(stepSeconds: readonly Point[], step: number, totalSteps: number): number | null {
  const recent = stepSeconds.slice(WARM_UP).slice(-WINDOW)
  if (recent.length === 0 || totalSteps === 0) return null
  const values = recent.map(({ value }) => value).sort((a, b) => a - b)
  const median = values[Math.floor(values.length / 2)] ?? 0
  const usual = values.filter((value) => value <= UNUSUAL * median)
  const mean = usual.reduce((sum, value) => sum + value, 0) / usual.length
  return 1000 * mean * Math.max(0, totalSteps - step)
}
