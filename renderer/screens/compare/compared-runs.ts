import type { RunDetail } from '../../../shared/domain/run.ts'
import type { AxisMode, StepRange } from '../../charts/chart.ts'
import { pointsOf } from '../../charts/chart.ts'
import type { ComparedRun } from '../../charts/compare-chart.ts'
import { seriesStyle } from '../../charts/series-style.ts'
import { type XAxisMap, xAxisOf } from '../../charts/x-axis.ts'
import type { Scheme } from '../../theme/palette.ts'
import type { Feed } from './run-feed.tsx'

/** A run that was read. */
export type ReadFeed = Feed & { readonly run: RunDetail }

/** A run with its own horizontal axis and its last step. */
export type Placed = { readonly id: string; readonly axis: XAxisMap; readonly end: number }

export function placeRun({ run, coarse }: ReadFeed, mode: AxisMode): Placed {
  const end = Math.max(1, run.step, pointsOf(coarse, 'train_loss').at(-1)?.step ?? 0)
  return { id: run.id, axis: xAxisOf(coarse, mode), end }
}

/** The run that reaches farthest to the right: the axis of the comparison is its. */
export const farthest = (placed: readonly Placed[]): Placed | undefined =>
  placed.reduce<Placed | undefined>(
    (far, one) => (far === undefined || one.axis.toX(one.end) > far.axis.toX(far.end) ? one : far),
    undefined,
  )

/** A range in the steps of one run as the steps another had at the same place of the axis. */
export const sameRange = (range: StepRange, from: XAxisMap, to: XAxisMap): StepRange => ({
  from: Math.max(0, Math.floor(to.toStep(from.toX(range.from)))),
  to: Math.max(1, Math.ceil(to.toStep(from.toX(range.to)))),
})

/** Runs of the same name are told apart by a number. */
export function labelsOf(runs: readonly { readonly name: string }[]): string[] {
  const seen = new Map<string, number>()
  return runs.map(({ name }) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? name : `${name} (${count})`
  })
}

export function comparedRuns(
  feeds: readonly ReadFeed[],
  placed: readonly Placed[],
  view: { readonly axis: XAxisMap; readonly range: StepRange },
  scheme: Scheme,
): ComparedRun[] {
  const labels = labelsOf(feeds.map(({ run }) => run))
  return feeds.map(({ run, snapshot }, i) => {
    const axis = placed[i]?.axis ?? view.axis
    const range = sameRange(view.range, view.axis, axis)
    return { id: run.id, label: labels[i] ?? run.name, snapshot, axis, range, ...seriesStyle(i, scheme) }
  })
}
