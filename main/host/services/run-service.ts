import { existsSync } from 'node:fs'
import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fault, StudioError, toErrorData } from '../../../shared/domain/error.ts'
import type { MethodKind } from '../../../shared/domain/method.ts'
import { ACTIVE_STATUSES, type Checkpoint, type RunDetail, type RunSummary } from '../../../shared/domain/run.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { twinConfigs } from '../../../shared/domain/twins.ts'
import { makeDurableFolder, syncToDisk } from '../../durable.ts'
import { hostVersions } from '../folders.ts'
import type { RunPatch, RunRecord } from '../store/runs.ts'
import { formatRunConfig } from './config-text.ts'
import { folderSize } from './folder-size.ts'
import type { HostContext } from './host-context.ts'
import { lastCheckpoint } from './last-checkpoint.ts'
import { reapOrphans } from './orphans.ts'
import { checkRunnable } from './preflight.ts'
import { endRun } from './run-end.ts'
import { newRunId } from './run-id.ts'
import { createRunQueue } from './run-queue.ts'
import { toldRows } from './told-rows.ts'
import { startTraining, type TrainingJob } from './training-job.ts'

const OTHER_HOST_POLL_MS = 1_000
const DELETED = '.deleted'

function notResumable({ id, status }: RunSummary): StudioError {
  if (status === 'finished') return fault('conflict', `Run ${id} is finished; there is nothing left to train.`)
  if (ACTIVE_STATUSES.includes(status)) return fault('conflict', `Run ${id} is ${status} already.`)
  return fault('conflict', `Run ${id} (${status}) has no checkpoint to go on from.`, {
    hint: 'Start a new run with the same settings; a lower save_steps writes the first checkpoint earlier.',
  })
}

/** Start, stop, resume, rename, delete: everything a front may do to a run. */
export function createRunService(context: HostContext) {
  const { store, bus, owner, runsFolder } = context
  let current: { runId: string; job: TrainingJob } | undefined
  let closed = false

  const folderOf = (runId: string) => join(runsFolder, runId)

  const {
    get: summary,
    publish,
    change,
  } = toldRows<RunSummary, RunPatch>({
    what: 'run',
    hint: 'The list of runs shows those there are.',
    find: store.runs.summary,
    update: store.runs.update,
    tell: (payload) => bus.emit({ event: 'run.updated', payload }),
  })
  function record(runId: string): RunRecord {
    const found = store.runs.record(runId)
    if (!found) throw fault('not-found', `There is no run ${runId}.`)
    return found
  }
  async function launch(runId: string): Promise<void> {
    try {
      const resumeFrom = lastCheckpoint(context, runId)?.folder ?? null
      const { config } = record(runId)
      const job = startTraining(context, runId, { type: 'train', config, runFolder: folderOf(runId), resumeFrom })
      current = { runId, job }
      await job.done
    } catch (error) {
      await endRun(context, runId, { status: 'failed', error: toErrorData(error) })
    } finally {
      current = undefined
    }
  }
  /** The place of a run is worked out from the order in the store, so that is written first. */
  function storeOrder(waiting: readonly string[]): void {
    store.runs.rankQueue(waiting)
    for (const runId of waiting) publish(runId)
  }
  const queue = createRunQueue({
    launch,
    onOrder: storeOrder,
    retryMs: OTHER_HOST_POLL_MS,
    claim(runId) {
      if (store.runs.claim(runId)) return true
      reapOrphans(context)
      return store.runs.claim(runId)
    },
  })
  async function discard(runId: string): Promise<void> {
    store.transaction(() => store.runs.remove(runId))
    await rm(folderOf(runId), { recursive: true, force: true })
  }
  /** The row is in the store before the engine starts; its folder does not stay without one. */
  async function create(config: RunConfig, twins: string | null): Promise<string> {
    const created = new Date()
    const id = newRunId(created)
    try {
      makeDurableFolder(folderOf(id))
      await writeFile(join(folderOf(id), 'run.yaml'), formatRunConfig(config), { flush: true })
      syncToDisk(folderOf(id))
      store.runs.insert({ id, config, versions: hostVersions(), createdAt: created.getTime(), owner, twins })
    } catch (error) {
      // Without its row nobody would know what the folder is.
      await rm(folderOf(id), { recursive: true, force: true })
      if (error instanceof StudioError) throw error
      const data = toErrorData(error)
      throw new StudioError({ ...data, message: `${folderOf(id)}: ${data.message}` })
    }
    return id
  }
  function enqueue(runId: string): RunSummary {
    if (closed) throw fault('refused', 'The studio is closing; no run can start.')
    publish(runId)
    queue.add(runId)
    return summary(runId)
  }
  function resumable(runId: string): Checkpoint | undefined {
    const run = summary(runId)
    if (!run.resumable) throw notResumable(run)
    const checkpoint = lastCheckpoint(context, runId)
    const lost = store.checkpoints.list(runId)
    if (checkpoint || lost.length === 0) return checkpoint
    throw fault('not-found', `Run ${runId}: its checkpoint folders are gone.`, {
      details: lost.map(({ folder }) => folder),
      hint: 'Put the folders back, or start a new run.',
    })
  }

  return {
    list: () => store.runs.list(),
    summary,
    get(runId: string): RunDetail {
      const { config, plan, versions } = record(runId)
      return {
        ...summary(runId),
        config,
        plan,
        versions,
        folder: folderOf(runId),
        checkpoints: store.checkpoints.list(runId),
      }
    },
    async start(config: RunConfig): Promise<RunSummary> {
      await checkRunnable(config)
      return enqueue(await create(config, null))
    },
    /** One run a method, alike in all else. All are in the store before the first is queued. */
    async startTwins(config: RunConfig, methods: readonly MethodKind[]): Promise<RunSummary[]> {
      const configs = twinConfigs(config, methods)
      await checkRunnable(config)
      const twins = newRunId(new Date())
      const ids: string[] = []
      try {
        for (const one of configs) ids.push(await create(one, twins))
      } catch (error) {
        for (const id of ids) await discard(id)
        throw error
      }
      return ids.map(enqueue)
    },
    /** A second call while stopping ends the engine at once. */
    stop(runId: string, checkpoint: boolean): RunSummary {
      const { status } = summary(runId)
      if (!ACTIVE_STATUSES.includes(status))
        throw fault('conflict', `Run ${runId} is ${status}; there is nothing to stop.`)
      if (queue.remove(runId)) {
        const stopped = change(runId, { status: 'stopped', endedAt: Date.now(), phase: null })
        for (const one of store.runs.list()) if (one.status === 'queued') publish(one.id)
        return stopped
      }
      if (current?.runId !== runId) {
        throw fault(
          'conflict',
          `Run ${runId} is trained by another DoRA Studio process (${record(runId).owner.pid}).`,
          {
            hint: 'Stop it there.',
          },
        )
      }
      current.job.stop(checkpoint)
      return summary(runId)
    },
    async resume(runId: string): Promise<RunSummary> {
      resumable(runId)
      await checkRunnable(record(runId).config)
      store.transaction(() => {
        // Checked again inside: another host may have resumed it meanwhile.
        const step = resumable(runId)?.step ?? 0
        store.runs.update(runId, { status: 'queued', owner, step, error: null, endedAt: null, phase: null })
      })
      return enqueue(runId)
    },
    rename(runId: string, name: string): RunSummary {
      summary(runId)
      return change(runId, { name })
    },
    describe(runId: string, tags: readonly string[], notes: string): RunSummary {
      summary(runId)
      return change(runId, { tags: [...new Set(tags)], notes })
    },
    async size(runId: string): Promise<{ bytes: number }> {
      summary(runId)
      return { bytes: await folderSize(folderOf(runId)) }
    },
    reorder(runId: string, position: number): RunSummary {
      const { status } = summary(runId)
      if (queue.move(runId, position)) return summary(runId)
      throw fault('conflict', `Run ${runId} is ${status} here, so it has no place in this queue.`, {
        hint: status === 'queued' ? 'It waits in another DoRA Studio process.' : 'It has started or ended meanwhile.',
      })
    },
    /** The folder is renamed first: a crash on the way leaves either the whole run or a remainder swept at the next start. */
    async remove(runId: string): Promise<void> {
      const { status } = summary(runId)
      if (ACTIVE_STATUSES.includes(status)) {
        throw fault('conflict', `Run ${runId} is ${status} and cannot be deleted.`, { hint: 'Stop it first.' })
      }
      if (store.exports.running().some((job) => job.runId === runId)) {
        throw fault('conflict', `Run ${runId} is being exported and cannot be deleted.`, {
          hint: 'Wait for the export to end.',
        })
      }
      if (existsSync(folderOf(runId))) await rename(folderOf(runId), `${folderOf(runId)}${DELETED}`)
      store.transaction(() => store.runs.remove(runId))
      bus.emit({ event: 'run.deleted', payload: { runId } })
      await rm(`${folderOf(runId)}${DELETED}`, { recursive: true, force: true })
    },
    /** Remainders of interrupted deletions. */
    async sweep(): Promise<void> {
      const left = (await readdir(runsFolder)).filter((name) => name.endsWith(DELETED))
      for (const name of left) await rm(join(runsFolder, name), { recursive: true, force: true })
    },
    /** Stops what runs, with a checkpoint; it becomes `interrupted`, as does what still waits. Nothing is lost. */
    async close(): Promise<void> {
      closed = true
      for (const runId of queue.close()) change(runId, { status: 'interrupted', endedAt: Date.now() })
      const job = current?.job
      job?.stop(true, true)
      await job?.done
    },
  }
}
