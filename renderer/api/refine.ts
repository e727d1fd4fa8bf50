import type { MetricName, Series } from '../../shared/domain/metric.ts'
import type { MetricSnapshot, ModuleSeries, Point } from './metric-buffer.ts'

/** Coarse points around the fine ones; coarse ones after the last fine one came in later. */
function join(coarse: readonly Point[], fine: readonly Point[]): readonly Point[] {
  const [first, last] = [fine[0], fine.at(-1)]
  if (first === undefined || last === undefined) return coarse
  return [...coarse.filter(({ step }) => step < first.step), ...fine, ...coarse.filter(({ step }) => step > last.step)]
}

/** A run's snapshot with the finer series of a range put in where the coarse points lie; order of series as before. */
export function refine(coarse: MetricSnapshot, fine: readonly Series[]): MetricSnapshot {
  const found = new Map(fine.map((series) => [`${series.name} ${series.module}`, series.points]))
  const better = new Set<MetricName>(fine.map(({ name }) => name))
  const next = new Map(coarse)
  for (const [name, modules] of coarse) {
    if (!better.has(name)) continue
    next.set(
      name,
      modules.map(
        ({ module, points }): ModuleSeries => ({ module, points: join(points, found.get(`${name} ${module}`) ?? []) }),
      ),
    )
  }
  return next
}
