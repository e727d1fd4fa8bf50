import type { StepRange } from './chart.ts'

/** Fewer steps than this are not worth an axis. */
const SHORTEST = 2

/** Moves and shortens a range so that it lies in `full`; null where it is all of it. */
export function clampRange({ from, to }: StepRange, full: StepRange): StepRange | null {
  const length = Math.max(SHORTEST, Math.round(to - from))
  if (length >= full.to - full.from) return null
  const start = Math.min(Math.max(full.from, Math.round(from)), full.to - length)
  return { from: start, to: start + length }
}

/** Narrower (factor below 1) or wider around the middle. */
export function zoomBy(range: StepRange, full: StepRange, factor: number): StepRange | null {
  const middle = (range.from + range.to) / 2
  const half = ((range.to - range.from) / 2) * factor
  return clampRange({ from: middle - half, to: middle + half }, full)
}

/** Moved by a share of its own length; positive is later. */
export function panBy(range: StepRange, full: StepRange, share: number): StepRange | null {
  const distance = (range.to - range.from) * share
  return clampRange({ from: range.from + distance, to: range.to + distance }, full)
}

/** Keys of every chart and of the zoom buttons. */
export const ZOOM_KEYS: Readonly<Record<string, (range: StepRange, full: StepRange) => StepRange | null>> = {
  '+': (range, full) => zoomBy(range, full, 0.5),
  '=': (range, full) => zoomBy(range, full, 0.5),
  '-': (range, full) => zoomBy(range, full, 2),
  '[': (range, full) => panBy(range, full, -0.5),
  ']': (range, full) => panBy(range, full, 0.5),
  '0': () => null,
}
