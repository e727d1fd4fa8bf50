import { type UseQueryResult, useQueries } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Series } from '../../shared/domain/metric.ts'
import type { MetricSnapshot } from './metric-buffer.ts'
import { createRefiner } from './refine.ts'
import { callQuery, useStudio } from './studio.tsx'
import { MAX_POINTS, SERIES_GROUPS } from './use-metrics.ts'

type Range = { readonly from: number; readonly to: number }

const dataOf = (results: readonly UseQueryResult<Series[]>[]) => results.map(({ data }) => data)

/**
 * The snapshot with finer series of the range, as the host sends them; until then, and where it cannot, the coarse one.
 * The same ranges are asked for once.
 */
export function useZoomed(runId: string, snapshot: MetricSnapshot, range: Range | null): MetricSnapshot {
  const client = useStudio()
  const [refine] = useState(createRefiner)
  const enabled = range !== null
  const answers = useQueries({
    queries: SERIES_GROUPS.map(({ names, scope }) =>
      callQuery(
        client,
        'metrics.series',
        { runId, names, maxPoints: MAX_POINTS[scope], fromStep: range?.from ?? 0, toStep: range?.to ?? 0 },
        { enabled },
      ),
    ),
    combine: dataOf,
  })
  return useMemo(() => {
    if (!enabled) return snapshot
    const byMetric = SERIES_GROUPS.flatMap(({ names }, i) => {
      const fine = answers[i]
      return fine === undefined ? [] : names.map((name) => [name, fine] as const)
    })
    return refine(snapshot, new Map(byMetric))
  }, [refine, snapshot, answers, enabled])
}
