import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { exportRun, PATIENCE_MS } from './bench.ts'
import { awaitMoment, type Moment, type Sight } from './moments.ts'
import { reopen, type Series, type Struck, strike } from './series.ts'
import { folderHash, leftovers } from './verdicts.ts'

async function finishedRun(series: Series): Promise<string> {
  if (series.finished === null) {
    series.finished = (await series.bench.start()).id
    await series.bench.settled(series.finished)
  }
  return series.finished
}

type Complain = (text: string) => void

/** Once nobody works at the killed export any more, it is told as failed or finished. */
async function checkJob({ bench }: Series, runId: string, id: string, complain: Complain): Promise<void> {
  for (const began = performance.now(); ; await delay(20)) {
    const job = (await bench.studio().call('exports.list', { runId })).find((one) => one.id === id)
    if (job?.status === 'running' && performance.now() - began < PATIENCE_MS) continue
    if (job?.status === 'failed' && job.error?.code !== 'engine-died') complain(`failed with ${job.error?.message}`)
    if (job?.status === 'running') complain('is said to be at work for ever')
    return
  }
}

/** What the kill has left is whole or not there, and exported again it is the same model. */
async function checkFolders(series: Series, runId: string, out: string, complain: Complain): Promise<void> {
  const { bench, reference, exportFolder } = series
  if (existsSync(out) && folderHash(out) !== reference.exported) complain('left a folder that is not whole')
  rmSync(out, { recursive: true, force: true })
  // The engine of a killed host leaves by itself, and the next export clears up after it.
  if ((await exportRun(bench, runId, `${out}-again`)) !== reference.exported)
    complain('exported again, it is another model')
  const left = leftovers(exportFolder)
  if (left.length > 0) complain(`left behind: ${left}`)
  rmSync(`${out}-again`, { recursive: true, force: true })
}

/** Kills the target while a merged model is exported; null where the moment did not come. */
export async function killExport(series: Series, moment: Moment): Promise<Struck | null> {
  const { bench, exportFolder } = series
  const { number, target } = moment
  const runId = await finishedRun(series)
  const studio = bench.studio()
  const out = join(exportFolder, `out-${target}-${number}`)
  const { id } = await studio.call('exports.start', { runId, kind: 'merged', folder: out })
  let over = false
  studio.on('export.updated', (job) => {
    over ||= job.id === id && job.status !== 'running'
  })
  const sight: Sight = {
    run: () => undefined,
    runFolder: () => bench.folderOf(runId),
    exportFolder,
    over: () => over || !studio.alive(),
  }
  // The first third strike while the engine starts and reads, the others while it writes.
  const early = moment.at < 0.3 ? { ...moment, wait: moment.at * 5000 } : moment
  const struck = (await awaitMoment(early, sight, 0)) ? strike(target, studio, sight) : null
  await reopen(series, target, struck)
  const complain = (text: string) => void series.faults.push(`export ${number} of the ${target}: ${text}`)
  await checkJob(series, runId, id, complain)
  await checkFolders(series, runId, out, complain)
  return struck && { ...struck, hit: 'exporting' }
}
