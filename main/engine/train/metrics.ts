import type { MetricName, MetricRow } from '../../../shared/domain/metric.ts'

/** Collects rows of one step with one time stamp. */
export type MetricWriter = {
  add(name: MetricName, value: number, module?: string): void
  /** Everything added since the last call. */
  take(): MetricRow[]
}

/** Numbers that are not finite are left out: the store cannot hold them, and the loop reports divergence itself. */
export function metricWriter(step: () => number): MetricWriter {
  let rows: MetricRow[] = []
  return {
    add: (name, value, module = '') => {
      if (Number.isFinite(value)) rows.push({ step: step(), name, module, value, wallMs: Date.now() })
    },
    take: () => {
      const taken = rows
      rows = []
      return taken
    },
  }
}
