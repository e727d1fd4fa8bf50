import { join } from 'node:path'
import { type Bench, exportRun } from './bench.ts'
import { type Moment, type Phase, phaseNow, type Sight, type Target } from './moments.ts'
import type { PowerCut } from './power-cut.ts'
import type { StudioProcess } from './studio-process.ts'
import {
  checkpointFaults,
  differences,
  folderHash,
  historyFaults,
  leftovers,
  reproducible,
  storedMetrics,
} from './verdicts.ts'

/** What a run has that nobody harmed. */
export type Reference = {
  readonly metrics: ReadonlyMap<string, number>
  readonly checkpoint: string
  readonly exported: string
}

/** A series of kills on one data folder. */
export type Series = {
  readonly bench: Bench
  readonly dataFolder: string
  readonly exportFolder: string
  readonly reference: Reference
  readonly powerCut: PowerCut | null
  readonly faults: string[]
  /** Published numbers looked up in the store, over all kills. */
  looked: number
  /** The run that is being killed again and again, and the newest whole one. */
  current: string | null
  finished: string | null
}

/** What was hit, and at which step. */
export type Struck = { readonly hit: Phase | 'over'; readonly step: number }

const lastCheckpointHash = async ({ studio }: Bench, runId: string): Promise<string> =>
  folderHash((await studio().call('runs.get', { runId })).checkpoints.at(-1)?.folder ?? '')

/** The run that nobody harms. */
export async function referenceRun(bench: Bench, exportFolder: string): Promise<Reference> {
  const { id } = await bench.start()
  const run = await bench.settled(id)
  if (run.status !== 'finished') throw new Error(`The unharmed run ${run.status}: ${run.error?.message}`)
  return {
    metrics: reproducible(await storedMetrics(bench.studio(), id)),
    checkpoint: await lastCheckpointHash(bench, id),
    exported: await exportRun(bench, id, join(exportFolder, 'reference')),
  }
}

/** Halts the target so that what it was doing can be seen, then kills it. */
export function strike(target: Target, studio: StudioProcess, sight: Sight): Struck | null {
  const engine = studio.engine()
  if (!studio.alive() || (target === 'engine' && engine === null)) return null
  const struck = { engine: [engine], host: [studio.pid], power: [studio.pid, engine] }[target]
  const pids = struck.flatMap((pid) => pid ?? [])
  try {
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    const hit = phaseNow(sight)
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    return { hit, step: sight.run()?.step ?? 0 }
  } catch {
    return null
  }
}

/** Starts a host again where the last one was killed; after a power cut, on what the disk has kept. */
export async function reopen({ bench, powerCut, dataFolder }: Series, target: Target, struck: Struck | null) {
  if (target === 'engine' || struck === null) return
  await bench.studio().gone
  if (target === 'power') powerCut?.apply(dataFolder)
  bench.open({ env: powerCut?.env })
}

/** After a kill: the history is sound, nothing published is missing, the last checkpoint is whole, the run can go on. */
export async function checkAfterKill(series: Series, moment: Moment, runId: string): Promise<void> {
  const { bench, dataFolder, faults } = series
  const at = `kill ${moment.number} of the ${moment.target} (${moment.phase}, at ${moment.at.toFixed(3)})`
  const complain = (text: string) => void faults.push(`${at}: ${text}`)
  await bench.settled(runId)
  // Not before the host has it open: whoever closes a history last writes its log into it, and these syncs are not watched.
  for (const text of historyFaults(dataFolder)) complain(`history: ${text}`)
  const run = await bench.studio().call('runs.get', { runId })
  const missing = bench.published.missing(runId, await storedMetrics(bench.studio(), runId))
  series.looked += bench.published.count(runId)
  if (missing.length > 0) complain(`${missing.length} published numbers are missing or changed: ${missing.slice(0, 3)}`)
  for (const text of checkpointFaults(run)) complain(text)
  if (!['interrupted', 'finished'].includes(run.status)) complain(`the run is ${run.status}`)
  if (run.status === 'interrupted' && !run.resumable) complain('the run cannot be resumed')
  if (moment.target === 'engine' && run.status === 'interrupted' && run.error?.code !== 'engine-died') {
    complain(`the death of the engine is not told: ${JSON.stringify(run.error)}`)
  }
}

/** At the end of a run: its numbers and its last checkpoint are those of the unharmed run. */
export async function checkEnd({ bench, reference, faults }: Series, runId: string): Promise<void> {
  const got = reproducible(await storedMetrics(bench.studio(), runId))
  const other = differences(got, reference.metrics)
  if (other.length > 0)
    faults.push(`run ${runId}: ${other.length} numbers are not those of the unharmed run: ${other.slice(0, 3)}`)
  if ((await lastCheckpointHash(bench, runId)) !== reference.checkpoint) {
    faults.push(`run ${runId}: its last checkpoint is not that of the unharmed run`)
  }
  const left = leftovers(bench.folderOf(runId))
  if (left.length > 0) faults.push(`run ${runId}: left behind: ${left}`)
}
