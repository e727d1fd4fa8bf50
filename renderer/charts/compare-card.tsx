import { useMemo } from 'react'
import { ChartCard } from './chart-card.tsx'
import type { ComparedRun, CompareProps, CompareSpec } from './compare-chart.ts'
import { useSame } from './use-same.ts'

type Props = { readonly spec: CompareSpec; readonly properties: CompareProps }

const sameLook = (a: ComparedRun, b: ComparedRun): boolean =>
  a.id === b.id &&
  a.label === b.label &&
  a.colour === b.colour &&
  a.axis === b.axis &&
  a.range.from === b.range.from &&
  a.range.to === b.range.to

function sameRuns(a: readonly ComparedRun[], b: readonly ComparedRun[], { metrics }: CompareSpec): boolean {
  return (
    a.length === b.length &&
    a.every((run, i) => {
      const other = b[i] as ComparedRun
      return sameLook(run, other) && metrics.every((name) => run.snapshot.get(name) === other.snapshot.get(name))
    })
  )
}

/** A chart of several runs in its card; drawn again only when their metrics, or the view, have changed. */
export function CompareCard({ spec, properties }: Props) {
  const sameDrawing = useMemo(
    () => (a: CompareProps, b: CompareProps) =>
      a.smoothing === b.smoothing &&
      a.logScale === b.logScale &&
      a.view === b.view &&
      a.scheme === b.scheme &&
      sameRuns(a.runs, b.runs, spec),
    [spec],
  )
  const same = useSame(properties, sameDrawing)
  const sources = useMemo(
    () => same.runs.map(({ id, label, range }) => ({ runId: id, run: label, range })),
    [same.runs],
  )
  return <ChartCard info={spec} sources={sources} chart={spec.component} properties={same} />
}
