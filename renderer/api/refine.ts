import type { MetricName, Series } from '../../shared/domain/metric.ts'
import type { MetricSnapshot, ModuleSeries, Point } from './metric-buffer.ts'

/** Coarse points around the fine ones; coarse ones after the last fine one came in later. */
function join(coarse: readonly Point[], fine: readonly Point[]): readonly Point[] {
  const [first, last] = [fine[0], fine.at(-1)]
  if (first === undefined || last === undefined) return coarse
  return [...coarse.filter(({ step }) => step < first.step), ...fine, ...coarse.filter(({ step }) => step > last.step)]
}

type Joined = {
  readonly coarse: readonly ModuleSeries[]
  readonly fine: readonly Series[]
  readonly result: readonly ModuleSeries[]
}

function joinModules(name: MetricName, coarse: readonly ModuleSeries[], fine: readonly Series[]): Joined['result'] {
  const found = new Map(fine.filter((series) => series.name === name).map(({ module, points }) => [module, points]))
  if (found.size === 0) return coarse
  return coarse.map(({ module, points }) => ({ module, points: join(points, found.get(module) ?? []) }))
}

/**
 * Puts finer series of a range into a run's snapshot, where the coarse points lie. A metric whose coarse points and answer
 * are those of the time before keeps its identity, so that an answer draws no other chart again.
 */
export function createRefiner() {
  const last = new Map<MetricName, Joined>()

  function refineMetric(name: MetricName, coarse: readonly ModuleSeries[], fine: readonly Series[]) {
    const before = last.get(name)
    if (before?.coarse === coarse && before.fine === fine) return before.result
    const result = joinModules(name, coarse, fine)
    last.set(name, { coarse, fine, result })
    return result
  }
  /** `answers`: the finer series by metric; a metric without one stays coarse. */
  return (coarse: MetricSnapshot, answers: ReadonlyMap<MetricName, readonly Series[]>): MetricSnapshot =>
    new Map(
      [...coarse].map(([name, modules]) => {
        const fine = answers.get(name)
        return [name, fine === undefined ? modules : refineMetric(name, modules, fine)]
      }),
    )
}
