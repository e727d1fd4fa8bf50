import type { Bundle } from '../../../shared/domain/bundle.ts'
import { type MetricName, type MetricRow, metricNameSchema, type Series } from '../../../shared/domain/metric.ts'
import type { Database } from './database.ts'
import { createLeaves, joinLeaves, LEAF_STEPS, type Point } from './leaves.ts'
import { atOnce, inTurns, type Work } from './turns.ts'

type SeriesQuery = {
  readonly runId: string
  /** Empty: all. */
  readonly names: readonly MetricName[]
  readonly maxPoints: number
  readonly fromStep: number | null
  readonly toStep: number | null
}

type SeriesRow = { id: number; name: string; module: string }
type Bounds = { series: number; low: number; high: number }

/** Reads are ranges of the primary key (series_id, step); a test asks SQLite for the plans. */
export const METRIC_SQL = {
  findSeries: 'SELECT id FROM series WHERE run_id = ? AND name = ? AND module = ?',
  listSeries: 'SELECT id, name, module FROM series WHERE run_id = ? ORDER BY id',
  exact: `SELECT step, value, value AS min, value AS max, wall_ms AS wallMs FROM metrics
    WHERE series_id = @series AND step BETWEEN @low AND @high ORDER BY step LIMIT @limit`,
  rows: `SELECT step, value, wall_ms FROM metrics
    WHERE series_id = @series AND step BETWEEN @low AND @high ORDER BY step`,
  last: `SELECT step, value, wall_ms AS wallMs FROM metrics
    WHERE series_id = @series AND step BETWEEN @low AND @high ORDER BY step DESC LIMIT 1`,
  extremes: `SELECT min(value) AS min, max(value) AS max FROM metrics
    WHERE series_id = @series AND step BETWEEN @low AND @high`,
} as const

/** Up to so many rows a bucket, fetching them costs less than the statements of the bucket (measured: about 40). */
const WALK_ROWS_PER_BUCKET = 32

/** Equal widths in steps, so that zooming in shows the same borders whatever was logged between them. */
function bucketsOf(series: number, low: number, high: number, count: number): Bounds[] {
  const width = (high - low + 1) / count
  const border = (bucket: number) => low + Math.ceil(bucket * width)
  return Array.from({ length: count }, (_, bucket) => ({
    series,
    low: border(bucket),
    high: border(bucket + 1) - 1,
  }))
}

/** Long-form metrics. One row a number; writing a step again overwrites it (a resumed run replays steps). */
export function createMetricStore(database: Database) {
  const addSeries = database.prepare(
    'INSERT INTO series (run_id, name, module) VALUES (?, ?, ?) ON CONFLICT (run_id, name, module) DO NOTHING',
  )
  const findSeries = database.prepare<[string, string, string], { id: number }>(METRIC_SQL.findSeries)
  const listSeries = database.prepare<[string], SeriesRow>(METRIC_SQL.listSeries)
  const upsert = database.prepare(`INSERT INTO metrics (series_id, step, value, wall_ms) VALUES (?, ?, ?, ?)
    ON CONFLICT (series_id, step) DO UPDATE SET value = excluded.value, wall_ms = excluded.wall_ms`)
  const exact = database.prepare<[Bounds & { limit: number }], Point>(METRIC_SQL.exact)
  const rows = database.prepare<[Bounds], [number, number, number]>(METRIC_SQL.rows).raw()
  const last = database.prepare<[Bounds], { step: number; value: number; wallMs: number }>(METRIC_SQL.last)
  const extremes = database.prepare<[Bounds], { min: number; max: number }>(METRIC_SQL.extremes)

  function seriesId(runId: string, row: MetricRow): number {
    const found = findSeries.get(runId, row.name, row.module)
    if (found) return found.id
    return Number(addSeries.run(runId, row.name, row.module).lastInsertRowid)
  }

  /** Last, lowest and highest of a range: one seek and one walk over its rows inside SQLite. */
  function summarise(series: number, low: number, high: number): Point | null {
    const bounds = { series, low, high }
    const end = last.get(bounds)
    const spread = end && extremes.get(bounds)
    return end && spread ? { ...end, ...spread } : null
  }
  const leaves = createLeaves(database, summarise)

  /** For long series, where the rows of a bucket are many and still fewer than a leaf's. */
  const thinnedInStore = (buckets: readonly Bounds[]): Point[] =>
    buckets.flatMap(({ series, low, high }) => summarise(series, low, high) ?? [])

  /** All rows in one statement: for many series of moderate length, where two statements a bucket would cost more. */
  function thinnedHere(range: Bounds, buckets: readonly Bounds[]): Point[] {
    const points: Point[] = []
    let bucket = 0
    let point: Point | undefined
    for (const [step, value, wallMs] of rows.all(range)) {
      while (step > (buckets[bucket]?.high ?? Number.POSITIVE_INFINITY)) {
        if (point) points.push(point)
        point = undefined
        bucket++
      }
      const [min, max] = [Math.min(point?.min ?? value, value), Math.max(point?.max ?? value, value)]
      point = { step, value, min, max, wallMs }
    }
    return point ? [...points, point] : points
  }

  function* read(range: Bounds, maxPoints: number): Work<Point[]> {
    const points = exact.all({ ...range, limit: maxPoints + 1 })
    if (points.length <= maxPoints) return points
    const [low, high] = [points[0]?.step ?? 0, last.get(range)?.step ?? 0]
    const stepsPerBucket = (high - low + 1) / maxPoints
    const stepsPerRow = ((points.at(-1)?.step ?? 0) - low) / maxPoints
    const moderate = stepsPerBucket / Math.max(1, stepsPerRow) < WALK_ROWS_PER_BUCKET
    if (!moderate && stepsPerBucket >= LEAF_STEPS / 2)
      return joinLeaves(yield* leaves.points(range.series, low, high), maxPoints)
    const buckets = bucketsOf(range.series, low, high, maxPoints)
    return moderate ? thinnedHere(range, buckets) : thinnedInStore(buckets)
  }

  function* readSeries({ runId, names, maxPoints, fromStep, toStep }: SeriesQuery): Work<Series[]> {
    const range = { low: fromStep ?? 0, high: toStep ?? Number.MAX_SAFE_INTEGER }
    const found: Series[] = []
    for (const { id, name, module } of listSeries.all(runId)) {
      if (names.length > 0 && !names.some((one) => one === name)) continue
      const points = yield* read({ series: id, ...range }, maxPoints)
      found.push({ name: metricNameSchema.parse(name), module, points })
      yield
    }
    return found
  }

  return {
    append: database.transaction((runId: string, rows: readonly MetricRow[]): void => {
      const written = new Map<string, { readonly id: number; readonly steps: number[] }>()
      for (const row of rows) {
        const key = `${row.name} ${row.module}`
        const series = written.get(key) ?? { id: seriesId(runId, row), steps: [] }
        written.set(key, series)
        upsert.run(series.id, row.step, row.value, Math.round(row.wallMs))
        series.steps.push(row.step)
      }
      for (const { id, steps } of written.values()) leaves.written(id, steps)
    }),
    /** Every row of a run, as columns of each series. */
    columns: (runId: string): Bundle['series'] =>
      listSeries.all(runId).map(({ id, name, module }) => {
        const all = rows.all({ series: id, low: 0, high: Number.MAX_SAFE_INTEGER })
        const column = (i: 0 | 1 | 2) => all.map((row) => row[i])
        return { name: metricNameSchema.parse(name), module, step: column(0), value: column(1), wallMs: column(2) }
      }),
    /** Exact where a series has at most `maxPoints` points in the range, else minimum, maximum and last a bucket. */
    series: (query: SeriesQuery): Series[] => atOnce(readSeries(query)),
    /** The same, done in turns: nothing else waits while a long old run is summed up for the first time. */
    seriesInTurns: (query: SeriesQuery): Promise<Series[]> => inTurns(readSeries(query)),
  }
}
