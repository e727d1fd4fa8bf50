import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Checkpoint } from '../../../shared/domain/run.ts'
import type { HostContext } from './host-context.ts'

/** What the host reads of the state file of a checkpoint. */
const stateSchema = z.object({ step: z.number().int().min(0), evalLoss: z.number().nullable() })

/**
 * The checkpoint to go on from or to export. A row alone is none: folders can be deleted behind our back. Nor is a
 * missing row the end: engine or host may be killed after a checkpoint was renamed into place, but before it was stored. Such a folder, which only the disk knows, is taken where no other is left and the
 * metrics up to it are stored; otherwise the run starts over, to the same losses: its curves must have no hole.
 */
export function lastCheckpoint(
  { store, runsFolder }: Pick<HostContext, 'store' | 'runsFolder'>,
  runId: string,
): Checkpoint | undefined {
  const rows = store.checkpoints.list(runId)
  const known = rows.findLast(({ folder }) => existsSync(folder))
  if (known) return known
  const untold = checkpointsOnDisk(join(runsFolder, runId))
  const gone = rows.map(({ folder }) => folder)
  const newest = untold.findLast(({ step }) => step <= measuredUpTo(store, runId))
  if (newest) store.checkpoints.add(runId, newest, gone)
  // The engine was ahead of its host: those it had told of are deleted by itself, by nobody behind our back.
  else if (untold.length > 0) store.checkpoints.forget(runId, gone)
  return newest
}

/** Last step of which no metric can be missing: measurements may be some steps apart. */
function measuredUpTo(store: HostContext['store'], runId: string): number {
  const step = store.runs.summary(runId)?.step ?? 0
  return step + (store.runs.record(runId)?.config.logging_steps ?? 1) - 1
}

/** Whole checkpoints in a run's folder, oldest first. */
export function checkpointsOnDisk(runFolder: string): Checkpoint[] {
  if (!existsSync(runFolder)) return []
  return readdirSync(runFolder)
    .filter((name) => /^checkpoint-\d+$/.test(name))
    .flatMap((name) => readCheckpoint(join(runFolder, name)) ?? [])
    .sort((a, b) => a.step - b.step)
}

function readCheckpoint(folder: string): Checkpoint | undefined {
  try {
    const { step, evalLoss } = stateSchema.parse(JSON.parse(readFileSync(join(folder, 'trainer_state.json'), 'utf8')))
    const bytes = readdirSync(folder).reduce((total, name) => total + statSync(join(folder, name)).size, 0)
    return { step, folder, bytes, evalLoss, best: false, createdAt: Math.round(statSync(folder).mtimeMs) }
  } catch {
    return undefined
  }
}
