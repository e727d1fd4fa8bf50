import { useMemo } from 'react'
import type { MetricSnapshot } from './metric-buffer.ts'
import { refine } from './refine.ts'
import { useCall } from './studio.tsx'
import { MAX_POINTS, namesOf } from './use-metrics.ts'

type Range = { readonly from: number; readonly to: number }

/**
 * The snapshot with finer series of the range, once the host has sent them; until then, and where it cannot, the coarse
 * one. The same ranges are asked for once.
 */
export function useZoomed(runId: string, snapshot: MetricSnapshot, range: Range | null): MetricSnapshot {
  const ask = (scope: 'run' | 'module') => ({
    runId,
    names: namesOf(scope),
    maxPoints: MAX_POINTS[scope],
    fromStep: range?.from ?? 0,
    toStep: range?.to ?? 0,
  })
  const enabled = range !== null
  const { data: run } = useCall('metrics.series', ask('run'), { enabled })
  const { data: modules } = useCall('metrics.series', ask('module'), { enabled })
  return useMemo(
    () => (enabled ? refine(snapshot, [...(run ?? []), ...(modules ?? [])]) : snapshot),
    [snapshot, run, modules, enabled],
  )
}
