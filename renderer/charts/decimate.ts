import type { Point } from '../api/metric-buffer.ts'
import type { Reading } from './layers.ts'

/** More points than this cannot be told apart in a chart of usual width. */
export const DRAWN_POINTS = 400

/** The lowest and the highest value of each bucket, in the order they came: peaks stay visible. */
export function envelope(points: readonly Point[], most = DRAWN_POINTS): readonly Reading[] {
  if (points.length <= most) return points
  const size = Math.ceil(points.length / (most / 2))
  const result: Reading[] = []
  for (let start = 0; start < points.length; start += size) {
    const bucket = points.slice(start, start + size)
    const low = bucket.reduce((a, b) => (b.min < a.min ? b : a))
    const high = bucket.reduce((a, b) => (b.max > a.max ? b : a))
    const ends = [
      { step: low.step, value: low.min },
      { step: high.step, value: high.max },
    ]
    result.push(...(low === high ? ends.slice(1) : ends.toSorted((a, b) => a.step - b.step)))
  }
  return result
}

/** Every so manieth reading, the last one always: for lines that are smooth. */
export function decimate(readings: readonly Reading[], most = DRAWN_POINTS): readonly Reading[] {
  if (readings.length <= most) return readings
  const size = Math.ceil(readings.length / most)
  return readings.filter((_, i) => i % size === 0 || i === readings.length - 1)
}
