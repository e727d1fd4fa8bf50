import type { Reading } from './layers.ts'

/** The smoothing a user sets is for a curve of this many steps across the drawing. */
const REFERENCE_STEPS = 1000

/**
 * Exponential moving average, divided by the weight it has gathered so far (Adam's bias correction), so that the first
 * values are not drawn towards zero. The past's weight falls with the distance across the drawing (`span` steps wide), not
 * with the count of readings: a short run is not smoothed away, and thinned readings give the same curve.
 */
export function debiasedEma(readings: readonly Reading[], smoothing: number, span: number): Reading[] {
  let sum = 0
  let weight = 0
  let before: number | null = null
  return readings.map(({ step, value }) => {
    const distance = (REFERENCE_STEPS * (step - (before ?? step - 1))) / Math.max(1, span)
    const keep = smoothing ** distance
    before = step
    sum = keep * sum + (1 - keep) * value
    weight = keep * weight + (1 - keep)
    return { step, value: sum / weight }
  })
}
