import { ACTIVE_STATUSES } from '../../shared/domain/run.ts'
import { STEPS } from './bench.ts'
import { awaitMoment, type Moment, type Sight } from './moments.ts'
import { checkAfterKill, checkEnd, reopen, type Series, type Struck, strike } from './series.ts'

async function ended(series: Series, runId: string): Promise<void> {
  await checkEnd(series, runId)
  series.finished = runId
  series.current = null
}

/** Lets the run that was killed go on to its end. */
export async function finish(series: Series, runId: string): Promise<void> {
  await series.bench.studio().call('runs.resume', { runId })
  await series.bench.settled(runId)
  await ended(series, runId)
}

/** The run that is killed next: the last one goes on, or a new one begins. */
async function nextRun(series: Series, moment: Moment): Promise<{ id: string; from: number }> {
  const { bench } = series
  const stepOf = (runId: string) => bench.seen.get(runId)?.step ?? 0
  // Near its end there is little left to strike into.
  if (series.current !== null && moment.phase !== 'ending' && stepOf(series.current) > STEPS / 2)
    await finish(series, series.current)
  const { current } = series
  const { id } = current === null ? await bench.start() : await bench.studio().call('runs.resume', { runId: current })
  series.current = id
  return { id, from: current === null ? 0 : stepOf(current) }
}

/** Kills the target while a run trains; null where the moment did not come. */
export async function killTraining(series: Series, moment: Moment): Promise<Struck | null> {
  const { bench, exportFolder } = series
  const { id, from } = await nextRun(series, moment)
  const studio = bench.studio()
  const sight: Sight = {
    run: () => bench.seen.get(id),
    runFolder: () => bench.folderOf(id),
    exportFolder,
    over: () => !studio.alive() || !ACTIVE_STATUSES.includes(bench.seen.get(id)?.status ?? 'queued'),
  }
  const struck = (await awaitMoment(moment, sight, from)) ? strike(moment.target, studio, sight) : null
  await reopen(series, moment.target, struck)
  await checkAfterKill(series, moment, id)
  if (bench.seen.get(id)?.status === 'finished') await ended(series, id)
  return struck
}
