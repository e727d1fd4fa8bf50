import { useMemo } from 'react'
import type { ChartProps, ChartSpec } from './chart.ts'
import { ChartCard, type DownloadSource } from './chart-card.tsx'
import { useSame } from './use-same.ts'

type Props = {
  readonly spec: ChartSpec
  readonly run: { readonly id: string; readonly name: string }
  readonly properties: ChartProps
}

/** A chart of one run in its card; drawn again only when its own metrics, or the view, have changed. */
export function RunChart({ spec, run, properties }: Props) {
  const sameDrawing = useMemo(
    () => (a: ChartProps, b: ChartProps) =>
      a.smoothing === b.smoothing &&
      a.logScale === b.logScale &&
      a.view === b.view &&
      a.scheme === b.scheme &&
      spec.metrics.every((name) => a.snapshot.get(name) === b.snapshot.get(name)),
    [spec],
  )
  const same = useSame(properties, sameDrawing)
  const { range } = same.view
  const sources = useMemo((): DownloadSource[] => [{ runId: run.id, run: run.name, range }], [run.id, run.name, range])
  return <ChartCard info={spec} sources={sources} chart={spec.component} properties={same} />
}
