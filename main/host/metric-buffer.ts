import type { MetricRow } from '../../shared/domain/metric.ts'

export type MetricBuffer = {
  add(rows: readonly MetricRow[]): void
  /** Hands over what is held at once; used before any message that must come after it. */
  flush(): void
}

/** Gathers rows so that the store sees a few transactions a second instead of one a step. */
export function createMetricBuffer(write: (rows: MetricRow[]) => void, delayMs = 200): MetricBuffer {
  let held: MetricRow[] = []
  let timer: NodeJS.Timeout | undefined
  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const rows = held
    held = []
    if (rows.length > 0) write(rows)
  }
  return {
    add(rows) {
      for (const row of rows) held.push(row)
      timer ??= setTimeout(flush, delayMs)
    },
    flush,
  }
}
