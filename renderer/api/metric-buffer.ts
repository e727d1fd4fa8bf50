import type { MetricName, MetricRow, Series } from '../../shared/domain/metric.ts'

/** `min` and `max` are the extremes of the bucket the point stands for; `wallMs` is milliseconds since 1970. */
export type Point = Readonly<Series['points'][number]>
export type ModuleSeries = { readonly module: string; readonly points: readonly Point[] }
/** By metric; a metric's list keeps its identity until one of its series changes. */
export type MetricSnapshot = ReadonlyMap<MetricName, readonly ModuleSeries[]>

export type MetricBufferOptions = {
  /** A series longer than twice this is thinned to this many points. */
  readonly maxPoints: number
  /** Calls `task` at the next frame. */
  readonly schedule: (task: () => void) => void
}

/** Halves a series until it fits: pairs of neighbours become one point, with the later's value and the extremes of both. */
export function thin(points: readonly Point[], maxPoints: number): readonly Point[] {
  let result = points
  while (result.length > maxPoints) {
    const halved: Point[] = []
    for (let i = 0; i < result.length; i += 2) {
      const a = result[i] as Point
      const b = result[i + 1] ?? a
      halved.push({ ...b, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) })
    }
    result = halved
  }
  return result
}

/**
 * The metrics of one run. The series fetched once and the rows of later events go through the same list; a row of a
 * step already held means that the run was resumed from an earlier checkpoint, so what lies after it is dropped.
 */
export function createMetricBuffer({ maxPoints, schedule }: MetricBufferOptions) {
  const series = new Map<MetricName, Map<string, Point[]>>()
  const dirty = new Set<MetricName>()
  const listeners = new Set<() => void>()
  let snapshot: MetricSnapshot = new Map()
  let waiting: MetricRow[] | null = []
  let scheduled = false

  const publish = () => {
    scheduled = false
    const next = new Map(snapshot)
    for (const name of dirty) {
      const modules = series.get(name) ?? new Map<string, Point[]>()
      next.set(
        name,
        [...modules].map(([module, points]) => ({ module, points: [...points] })),
      )
    }
    dirty.clear()
    snapshot = next
    for (const listener of listeners) listener()
  }
  const touch = (name: MetricName) => {
    dirty.add(name)
    if (scheduled) return
    scheduled = true
    schedule(publish)
  }
  const pointsOf = (name: MetricName, module: string): Point[] => {
    const modules = series.get(name) ?? new Map<string, Point[]>()
    series.set(name, modules)
    const points = modules.get(module) ?? []
    modules.set(module, points)
    return points
  }
  const add = ({ name, module, step, value, wallMs }: MetricRow) => {
    const points = pointsOf(name, module)
    while (points.length > 0 && (points.at(-1) as Point).step >= step) points.pop()
    points.push({ step, value, min: value, max: value, wallMs })
    if (points.length > 2 * maxPoints) points.splice(0, points.length, ...thin(points, maxPoints))
    touch(name)
  }
  /** An event sent before the answer may hold rows that are in it already. */
  const addNewer = (row: MetricRow) => {
    if (row.step > (pointsOf(row.name, row.module).at(-1)?.step ?? -1)) add(row)
  }

  return {
    snapshot: () => snapshot,
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    /** Rows are kept aside from now until {@link load}, so that nothing falls between the answer and the events. */
    expectLoad() {
      waiting ??= []
    },
    load(loaded: readonly Series[]) {
      for (const name of series.keys()) touch(name)
      series.clear()
      for (const { name, module, points } of loaded) {
        pointsOf(name, module).push(...points)
        touch(name)
      }
      const rows = waiting ?? []
      waiting = null
      rows.forEach(addNewer)
    },
    append(rows: readonly MetricRow[]) {
      if (waiting === null) rows.forEach(add)
      else waiting.push(...rows)
    },
  }
}
export type MetricBuffer = ReturnType<typeof createMetricBuffer>
