import type { MetricSnapshot, Point } from '../api/metric-buffer.ts'
import { formatCompact, formatDuration, formatNumber } from '../format/numbers.ts'
import { AXIS_MODES, type AxisMode, pointsOf, type StepRange } from './chart.ts'
import { niceTicks } from './scale.ts'

/** Optimizer steps to the unit of the horizontal axis and back; strictly rising. */
export type XAxisMap = {
  readonly mode: AxisMode
  toX(step: number): number
  toStep(x: number): number
  /** Of a tick. */
  format(x: number): string
  /** Round values inside the range. */
  ticks(low: number, high: number): readonly number[]
}

type Knot = { readonly step: number; readonly x: number }

/** Largest index whose `key` is at most `value`, at least 0 and at most length - 2, so that a segment starts there. */
function segmentAt(knots: readonly Knot[], key: keyof Knot, value: number): number {
  let low = 0
  let high = knots.length - 2
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((knots[middle] as Knot)[key] <= value) low = middle
    else high = middle - 1
  }
  return low
}

function between(knots: readonly Knot[], from: keyof Knot, to: keyof Knot, value: number): number {
  const at = segmentAt(knots, from, value)
  const [a, b] = [knots[at] as Knot, knots[at + 1] as Knot]
  return a[to] + ((value - a[from]) / (b[from] - a[from])) * (b[to] - a[to])
}

/** Knots whose unit does not rise are dropped: a pause, a clock set back, or a resumed run's replay. */
function risingKnots(points: readonly Point[], unit: (point: Point) => number): Knot[] {
  const knots: Knot[] = [{ step: 0, x: 0 }]
  for (const point of points) {
    const x = unit(point)
    const last = knots.at(-1) as Knot
    if (x > last.x && point.step > last.step) knots.push({ step: point.step, x })
  }
  return knots
}

/** Seconds between two readings above which a run was surely not at work but stopped: not counted as time of the run. */
const LONGEST_GAP = 20

/** Seconds of training until each reading; the time a run lay stopped between two readings is left out. */
function secondsOf(points: readonly Point[]): Map<Point, number> {
  const rates = points.slice(1).map((point, i) => {
    const before = points[i] as Point
    return (point.wallMs - before.wallMs) / Math.max(1, point.step - before.step)
  })
  const usual = rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0
  const longest = (steps: number) => LONGEST_GAP * 1000 + 20 * usual * steps
  let elapsed = usual * (points[0]?.step ?? 0)
  const seconds = new Map<Point, number>()
  points.forEach((point, i) => {
    const before = points[i - 1]
    if (before) {
      // Negative where the clock was set back.
      const gap = point.wallMs - before.wallMs
      const steps = point.step - before.step
      elapsed += gap < 0 || gap > longest(steps) ? usual * steps : gap
    }
    seconds.set(point, elapsed / 1000)
  })
  return seconds
}

/** What the unit of an axis is read from. */
const SOURCES = { epoch: 'epoch', tokens: 'tokens', time: 'train_loss' } as const

function knotsOf(points: readonly Point[], mode: keyof typeof SOURCES): Knot[] {
  if (mode !== 'time') return risingKnots(points, ({ value }) => value)
  const seconds = secondsOf(points)
  return risingKnots(points, (point) => seconds.get(point) ?? 0)
}

const TIME_STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800]

function timeTicks(low: number, high: number): number[] {
  const step = TIME_STEPS.find((one) => (high - low) / one <= 5)
  if (step === undefined || high - low < 3) return niceTicks(low, high, 5)
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step)
}

const clock = (seconds: number): string => (seconds === 0 ? '0' : formatDuration(1000 * seconds).replace(' 00 s', ''))

const same = (value: number): number => value

const STEP_AXIS: XAxisMap = {
  mode: 'step',
  toX: same,
  toStep: same,
  format: formatCompact,
  ticks: (low, high) => niceTicks(low, high, 5).filter(Number.isInteger),
}

function makeAxis(points: readonly Point[], mode: keyof typeof SOURCES): XAxisMap {
  const knots = knotsOf(points, mode)
  if (knots.length < 2) return STEP_AXIS
  return {
    mode,
    toX: (step) => between(knots, 'step', 'x', step),
    toStep: (x) => between(knots, 'x', 'step', x),
    format: mode === 'time' ? clock : mode === 'epoch' ? (x) => formatNumber(x) : formatCompact,
    ticks: mode === 'time' ? timeTicks : (low, high) => niceTicks(low, high, 5),
  }
}

const made = { epoch: new WeakMap(), tokens: new WeakMap(), time: new WeakMap() } as const satisfies Record<
  keyof typeof SOURCES,
  WeakMap<readonly Point[], XAxisMap>
>

/**
 * The horizontal axis a user chose; by step where the run has not reported what the other units need. The same object
 * as long as the points it is read from are.
 */
export function xAxisOf(snapshot: MetricSnapshot, mode: AxisMode): XAxisMap {
  if (mode === 'step') return STEP_AXIS
  const points = pointsOf(snapshot, SOURCES[mode])
  const axis: XAxisMap = made[mode].get(points) ?? makeAxis(points, mode)
  made[mode].set(points, axis)
  return axis
}

/** The last step whose place on the axis is known: how long steps to come take, or their tokens, is not. */
export const knownEnd = (snapshot: MetricSnapshot, mode: AxisMode, planned: number): number =>
  mode === 'tokens' || mode === 'time' ? (pointsOf(snapshot, SOURCES[mode]).at(-1)?.step ?? planned) : planned

/** Words for a range of steps in the unit of the axis: `steps 200 to 400`. */
export function rangeText(axis: XAxisMap, { from, to }: StepRange): string {
  const [low, high] = [axis.format(axis.toX(from)), axis.format(axis.toX(to))]
  return `${AXIS_MODES[axis.mode].range} ${low} to ${high}`
}
