import { useEffect } from 'react'
import type { RunDetail } from '../../../shared/domain/run.ts'
import type { MetricSnapshot } from '../../api/metric-buffer.ts'
import { useCall } from '../../api/studio.tsx'
import { useMetrics } from '../../api/use-metrics.ts'
import { useZoomed } from '../../api/use-zoomed.ts'
import type { StepRange } from '../../charts/chart.ts'

/** What is known of a run of the comparison; `snapshot` is finer inside the zoomed range. */
export type Feed = {
  readonly run: RunDetail | undefined
  readonly coarse: MetricSnapshot
  readonly snapshot: MetricSnapshot
  readonly loading: boolean
  readonly error: unknown
}

type Props = {
  readonly runId: string
  /** In this run's own steps. */
  readonly range: StepRange | null
  readonly onFeed: (runId: string, feed: Feed) => void
}

/** Keeps one run of the comparison live; draws nothing. Key it by the run. */
export function RunFeed({ runId, range, onFeed }: Props) {
  const { data: run, error: unread } = useCall('runs.get', { runId })
  const { snapshot: coarse, loading, error } = useMetrics(runId, run?.startedAt ?? null)
  const snapshot = useZoomed(runId, coarse, range)
  const failure = unread ?? error
  useEffect(() => {
    onFeed(runId, { run, coarse, snapshot, loading, error: failure })
  }, [runId, run, coarse, snapshot, loading, failure, onFeed])
  return null
}
