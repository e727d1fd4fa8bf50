import type { Series } from '../../../shared/domain/metric.ts'
import type { Database } from './database.ts'
import type { Work } from './turns.ts'

export type Point = Series['points'][number]

/** Steps a leaf sums up; leaf 0 begins at step 0. */
export const LEAF_STEPS = 128

/** A series is dense where at least so many rows came with the steps of a leaf. */
const DENSE_ROWS = LEAF_STEPS / 2

/** Leaves summed up at once: some milliseconds' work. */
const SLICE_LEAVES = 64

const leafOf = (step: number): number => Math.floor(step / LEAF_STEPS)

/** Exported so that a test can ask SQLite for the query plans. */
export const LEAF_SQL = {
  forgetLeaves: 'DELETE FROM metric_leaves WHERE series_id = ? AND leaf >= ?',
  newestLeaf: 'SELECT max(leaf) AS leaf FROM metric_leaves WHERE series_id = ?',
  readLeaves:
    'SELECT step, value, min, max, wall_ms FROM metric_leaves WHERE series_id = ? AND leaf BETWEEN ? AND ? ORDER BY leaf',
} as const

/** Last, lowest and highest of a range of steps; null where it is empty. */
export type Summarise = (series: number, low: number, high: number) => Point | null

/** `next`: the first leaf that has not been looked at. */
type Progress = { leaf: number; rows: number; next: number }

/** Summaries of whole leaves of dense series. They are written as rows come in, and made up for at the first read. */
export function createLeaves(database: Database, summarise: Summarise) {
  const forget = database.prepare(LEAF_SQL.forgetLeaves)
  const newest = database.prepare<[number], { leaf: number | null }>(LEAF_SQL.newestLeaf)
  const insert = database.prepare(
    'INSERT OR REPLACE INTO metric_leaves (series_id, leaf, step, value, min, max, wall_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const read = database
    .prepare<[number, number, number], [number, number, number, number, number]>(LEAF_SQL.readLeaves)
    .raw()
  const progress = new Map<number, Progress>()

  const firstMissing = (series: number): number => (newest.get(series)?.leaf ?? -1) + 1

  /** A slice of the leaves from `start` on, before the one that can still grow; returns the leaf to go on with. */
  const buildSlice = database.transaction((series: number, start: number, growing: number): number => {
    const end = Math.min(growing, start + SLICE_LEAVES)
    for (let leaf = start; leaf < end; leaf++) {
      const low = leaf * LEAF_STEPS
      const point = summarise(series, low, low + LEAF_STEPS - 1)
      if (point) insert.run(series, leaf, point.step, point.value, point.min, point.max, point.wallMs)
    }
    return Math.max(start, end)
  })

  /** What can be summed up again need not wait for the disk; the write-ahead log stays whole all the same. */
  const withoutFlush = <T>(work: () => T): T => {
    database.pragma('synchronous = NORMAL')
    try {
      return work()
    } finally {
      database.pragma('synchronous = FULL')
    }
  }

  /** A run from before there were leaves has thousands to be made up for. */
  function* build(series: number, last: number): Work<void> {
    let next = firstMissing(series)
    while (next < leafOf(last)) {
      next = withoutFlush(() => buildSlice(series, next, leafOf(last)))
      yield
    }
  }

  return {
    /** To be called after rows were written: what they overwrote is forgotten, what they completed is summed up. */
    written(series: number, steps: readonly number[]): void {
      const low = steps.reduce((least, step) => Math.min(least, step), Number.MAX_SAFE_INTEGER)
      const high = steps.reduce((most, step) => Math.max(most, step), 0)
      forget.run(series, leafOf(low))
      const known = progress.get(series) ?? { leaf: leafOf(low), rows: 0, next: firstMissing(series) }
      const rows = known.rows + steps.length
      const complete = leafOf(high) > known.leaf
      const missing = Math.min(known.next, leafOf(low))
      const next = complete && rows >= DENSE_ROWS ? buildSlice(series, missing, leafOf(high)) : missing
      progress.set(series, { leaf: leafOf(high), rows: complete ? 0 : rows, next })
    },
    /** The points of a range, `first` to `last` being steps that have rows: whole leaves, and what hangs over. */
    *points(series: number, first: number, last: number): Work<Point[]> {
      const [from, to] = [leafOf(first), leafOf(last)]
      yield* build(series, last)
      const head = summarise(series, first, (from + 1) * LEAF_STEPS - 1)
      const tail = to > from ? summarise(series, to * LEAF_STEPS, last) : null
      const whole = read
        .all(series, from + 1, to - 1)
        .map(([step, value, min, max, wallMs]): Point => ({ step, value, min, max, wallMs }))
      return [...(head ? [head] : []), ...whole, ...(tail ? [tail] : [])]
    },
  }
}

/** Neighbouring points put together until there are at most `most`; borders lie on whole leaves. */
export function joinLeaves(points: readonly Point[], most: number): Point[] {
  const [from, to] = [leafOf(points[0]?.step ?? 0), leafOf(points.at(-1)?.step ?? 0)]
  let width = Math.max(1, Math.ceil((to - from + 1) / most))
  while (Math.floor(to / width) - Math.floor(from / width) + 1 > most) width++
  const joined: Point[] = []
  let group = Number.NaN
  for (const point of points) {
    const own = Math.floor(leafOf(point.step) / width)
    const last = joined.at(-1)
    if (last && own === group)
      joined[joined.length - 1] = { ...point, min: Math.min(last.min, point.min), max: Math.max(last.max, point.max) }
    else joined.push(point)
    group = own
  }
  return joined
}
