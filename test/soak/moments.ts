import { readdirSync } from 'node:fs'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import type { RunSummary } from '../../shared/domain/run.ts'

/** Phases of a run's life in which it is killed. */
export const PHASES = ['preparing', 'training', 'checkpoint', 'evaluating', 'ending', 'exporting'] as const
export type Phase = (typeof PHASES)[number]
/** `power`: both at once, and all that was not synced to the disk. */
export const TARGETS = ['engine', 'host', 'power'] as const
export type Target = (typeof TARGETS)[number]

/** One kill: drawn from a seed, so that a failure can be repeated. */
export type Moment = {
  readonly number: number
  readonly target: Target
  readonly phase: Phase
  /** From 0 to 1: how far into the phase, or through the steps. */
  readonly at: number
  /** Milliseconds after that. */
  readonly wait: number
}

/** How long a phase may be entered before it is struck, in milliseconds, on two shared cores. */
const SPAN: Readonly<Record<Phase, number>> = {
  preparing: 1500,
  training: 12,
  checkpoint: 8,
  evaluating: 40,
  ending: 60,
  exporting: 40,
}

/** `count` kills of a target, spread evenly over the phases. */
export function drawMoments(target: Target, count: number, random: () => number): Moment[] {
  // An export goes to a folder of the user's, which is not put back by the test.
  const phases = target === 'power' ? PHASES.filter((phase) => phase !== 'exporting') : PHASES
  return Array.from({ length: count }, (_, number) => {
    const phase = phases[number % phases.length] ?? 'training'
    return { number, target, phase, at: random(), wait: random() * SPAN[phase] }
  })
}

/** What can be seen of a run from outside while it is at work. */
export type Sight = {
  readonly run: () => RunSummary | undefined
  readonly runFolder: () => string
  readonly exportFolder: string
  /** The engine, or the host, is gone, or there is no work left. */
  readonly over: () => boolean
}

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
const isWriting = (folder: string): boolean => namesIn(folder).some((name) => name.includes('.partial-'))

/** Where the work is at this very moment, as far as it can be seen. */
export function phaseNow({ run, runFolder, exportFolder }: Sight): Phase | 'over' {
  if (isWriting(exportFolder)) return 'exporting'
  if (isWriting(runFolder())) return 'checkpoint'
  const now = run()
  if (now === undefined || now.status === 'preparing' || now.status === 'queued') return 'preparing'
  if (now.status !== 'running') return 'over'
  if (now.step >= now.totalSteps) return 'ending'
  return now.phase?.startsWith('Evaluating') ? 'evaluating' : 'training'
}

/** Waits for something to be seen, as closely as the event loop allows; false when the work is over before. */
async function until(seen: () => boolean, sight: Sight): Promise<boolean> {
  for (let turns = 0; !seen(); turns++) {
    if (sight.over()) return false
    await (turns % 64 === 0 ? delay(1) : turn())
  }
  return true
}

/** Waits for the moment; false when the work ended before it came. `from` is the step the run goes on from. */
export async function awaitMoment({ phase, at, wait }: Moment, sight: Sight, from: number): Promise<boolean> {
  const step = () => sight.run()?.step ?? 0
  const steps = sight.run()?.totalSteps ?? 0
  // Not far from where it goes on, so that a run is struck several times before it ends.
  const atStep = () => Math.floor(from + 0.3 * at * Math.max(1, (sight.run()?.totalSteps || steps) - from - 1))
  const seen: Readonly<Record<Phase, () => boolean>> = {
    preparing: () => sight.run()?.status === 'preparing',
    training: () => sight.run()?.status === 'running' && step() >= atStep(),
    checkpoint: () => sight.run()?.status === 'running' && step() >= atStep() && isWriting(sight.runFolder()),
    evaluating: () => sight.run()?.phase?.startsWith('Evaluating') === true && step() >= atStep(),
    ending: () => step() > 0 && step() >= (sight.run()?.totalSteps ?? 0),
    exporting: () => at < 0.3 || isWriting(sight.exportFolder),
  }
  if (!(await until(seen[phase], sight))) return false
  const deadline = performance.now() + wait
  return until(() => performance.now() >= deadline, sight)
}
