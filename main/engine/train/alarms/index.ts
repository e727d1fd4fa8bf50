import type { Alarm, AlarmKind } from '../../../../shared/domain/alarm.ts'
import type { RunData } from '../../data/load-data.ts'
import type { Trajectory } from '../session.ts'
import { evaluationOverlap, labelsMasked } from './data-watches.ts'
import { gradientsVanished } from './gradients-vanished.ts'
import { magnitudeStill } from './magnitude-still.ts'
import type { StepFacts, Verdict, Watch, WatchRequest } from './watch.ts'

const WATCHES = {
  'magnitude-still': magnitudeStill,
  'gradients-vanished': gradientsVanished,
  'labels-masked': labelsMasked,
  'evaluation-overlap': evaluationOverlap,
} as const satisfies Record<AlarmKind, (request: WatchRequest) => Watch>

/** Told when an alarm is raised or changed, and with null when it is over. */
export type OnAlarm = (kind: AlarmKind, alarm: Alarm | null) => void

/** All watches of a run. An alarm that stands is told once, not at every step. */
export function watchRun(request: WatchRequest, onAlarm: OnAlarm) {
  const watches = Object.entries(WATCHES).map(([kind, make]) => [kind as AlarmKind, make(request) as Watch] as const)
  const standing = new Set<AlarmKind>()
  function judge(kind: AlarmKind, step: number, verdict: Verdict): void {
    if (verdict === undefined || (verdict === null) === !standing.has(kind)) return
    if (verdict === null) standing.delete(kind)
    else standing.add(kind)
    onAlarm(kind, verdict && { kind, step, ...verdict })
  }
  return {
    data: (data: RunData) => {
      for (const [kind, watch] of watches) judge(kind, 0, watch.data?.(data))
    },
    step: (facts: StepFacts) => {
      for (const [kind, watch] of watches) judge(kind, facts.step, watch.step?.(facts))
    },
    trajectory: (step: number, trajectory: Trajectory) => {
      for (const [kind, watch] of watches) judge(kind, step, watch.trajectory?.(step, trajectory))
    },
  }
}
