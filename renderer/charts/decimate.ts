import type { Point } from '../api/metric-buffer.ts'
import type { StepRange } from './chart.ts'
import type { Reading } from './layers.ts'

/** More points than this cannot be told apart in a chart of usual width. */
export const DRAWN_POINTS = 400

/** Index of the first item at or after a step. */
function firstFrom(points: readonly Reading[], step: number): number {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((points[middle] as Reading).step < step) low = middle + 1
    else high = middle
  }
  return low
}

/** What lies in the range, and one more on either side, so that lines leave the drawing instead of ending in it. */
export function within<T extends Reading>(points: readonly T[], { from, to }: StepRange): readonly T[] {
  const start = Math.max(0, firstFrom(points, from) - 1)
  const end = Math.min(points.length, firstFrom(points, to) + 1)
  return start === 0 && end === points.length ? points : points.slice(start, end)
}

/** The lowest and the highest value of each bucket, in the order they came: peaks stay visible. */
export function envelope(points: readonly Point[], most = DRAWN_POINTS): readonly Reading[] {
  const thinned = points.some(({ min, max }) => min !== max)
  if (points.length <= most && !thinned) return points
  const size = Math.max(1, Math.ceil(points.length / (most / 2)))
  const result: Reading[] = []
  for (let start = 0; start < points.length; start += size) {
    let low = points[start] as Point
    let high = low
    for (let i = start + 1; i < Math.min(points.length, start + size); i++) {
      const point = points[i] as Point
      if (point.min < low.min) low = point
      if (point.max > high.max) high = point
    }
    if (low === high) {
      if (low.min !== low.max) result.push({ step: low.step, value: low.min })
      result.push({ step: low.step, value: low.max })
    } else {
      const ends = [
        { step: low.step, value: low.min },
        { step: high.step, value: high.max },
      ]
      result.push(...(low.step < high.step ? ends : ends.reverse()))
    }
  }
  return result
}

/** Every so manieth reading, the last one always: for lines that are smooth. */
export function decimate(readings: readonly Reading[], most = DRAWN_POINTS): readonly Reading[] {
  if (readings.length <= most) return readings
  const size = Math.ceil(readings.length / most)
  return readings.filter((_, i) => i % size === 0 || i === readings.length - 1)
}
