import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { METRIC_NAMES, METRICS, type MetricName } from '../../shared/domain/metric.ts'
import type { SocketClient } from './client.ts'
import { createMetricBuffer, type MetricBuffer, type MetricSnapshot } from './metric-buffer.ts'
import { createPacer } from './pacer.ts'
import { useStudio } from './studio.tsx'

/** A few hundred module series are fetched, so each is thinned harder than the run's own. */
export const MAX_POINTS = { run: 1000, module: 200 } as const
type Scope = keyof typeof MAX_POINTS

const namesOf = (scope: Scope): MetricName[] => METRIC_NAMES.filter((name) => METRICS[name].scope === scope)

/**
 * What is asked for in one call: all metrics of the run, and each metric of the modules by itself. Their series are many;
 * taken in one answer they held the page up.
 */
export const SERIES_GROUPS: readonly { readonly scope: Scope; readonly names: MetricName[] }[] = [
  { scope: 'run', names: namesOf('run') },
  ...namesOf('module').map((name) => ({ scope: 'module' as const, names: [name] })),
]

async function fetchSeries(client: SocketClient, runId: string, buffer: MetricBuffer): Promise<void> {
  buffer.expectLoad()
  const whole = { runId, fromStep: null, toStep: null }
  const parts = await Promise.all(
    SERIES_GROUPS.map(({ scope, names }) =>
      client.call('metrics.series', { ...whole, names, maxPoints: MAX_POINTS[scope] }),
    ),
  )
  buffer.load(parts.flat())
}

/** Drawings are at least 0.2 s apart, and up to 2 s on a machine that is busy. */
const paced = () =>
  createPacer({
    now: () => performance.now(),
    timeout: (task, ms) => setTimeout(task, ms),
    frame: (task) => requestAnimationFrame(task),
    shortestPause: 200,
    longestPause: 2000,
  })

export type MetricsState = { readonly snapshot: MetricSnapshot; readonly loading: boolean; readonly error: unknown }

/**
 * The metrics of a run, live: fetched once and again after a new connection, with the host's events on top.
 * The component must be keyed by the run. `generation` changes when the run is started or resumed, which fetches again.
 */
export function useMetrics(runId: string, generation: number | null): MetricsState {
  const client = useStudio()
  const queries = useQueryClient()
  const [status, setStatus] = useState<{ readonly loading: boolean; readonly error: unknown }>({
    loading: true,
    error: null,
  })
  const [buffer] = useState(() => createMetricBuffer({ maxPoints: MAX_POINTS.run, schedule: paced() }))

  // biome-ignore lint/correctness/useExhaustiveDependencies: a run that was started or resumed is fetched again
  useEffect(() => {
    let current = true
    let underWay = false
    const done = (error: unknown) => {
      underWay = false
      if (current) setStatus({ loading: false, error })
    }
    const load = () => {
      // A fetch under way is sent again by the client itself.
      if (underWay) return
      underWay = true
      fetchSeries(client, runId, buffer).then(() => done(null), done)
    }
    const endEvents = client.on('metrics.appended', (event) => {
      if (event.runId === runId) buffer.append(event.rows)
    })
    const endState = client.onState((state) => {
      if (state.kind === 'open') load()
    })
    load()
    // Finer series of zoomed ranges may be of steps that are written anew.
    void queries.invalidateQueries({ queryKey: ['metrics.series', { runId }] })
    return () => {
      current = false
      endEvents()
      endState()
    }
  }, [client, queries, runId, buffer, generation])

  const snapshot = useSyncExternalStore(buffer.subscribe, buffer.snapshot)
  return { snapshot, ...status }
}
