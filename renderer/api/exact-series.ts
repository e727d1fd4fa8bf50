import { METRICS, type MetricName, type Series } from '../../shared/domain/metric.ts'
import type { SocketClient } from './client.ts'

/** Steps asked for at once: a series has at most one value a step, so that nothing is thinned. */
const PAGE = { run: 5000, module: 500 } as const

/** Every stored value of the metrics, from step `from` to `to`, both included; asked for in pages. */
export async function fetchExactSeries(
  client: Pick<SocketClient, 'call'>,
  runId: string,
  names: readonly MetricName[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Series[]> {
  const page = names.some((name) => METRICS[name].scope === 'module') ? PAGE.module : PAGE.run
  const all = new Map<string, Series>()
  for (let fromStep = from; fromStep <= to; fromStep += page) {
    const toStep = Math.min(to, fromStep + page - 1)
    const part = await client.call('metrics.series', { runId, names: [...names], maxPoints: page, fromStep, toStep })
    for (const series of part) {
      const key = `${series.name} ${series.module}`
      const known = all.get(key)
      if (known === undefined) all.set(key, { ...series, points: [...series.points] })
      else for (const point of series.points) known.points.push(point)
    }
  }
  return [...all.values()]
}
