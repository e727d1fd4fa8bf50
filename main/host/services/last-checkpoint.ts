import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Checkpoint } from '../../../shared/domain/run.ts'
import type { HostContext } from './host-context.ts'

/** What the host reads of the state file of a checkpoint. */
const stateSchema = z.object({ step: z.number().int().min(0), evalLoss: z.number().nullable() })

/**
 * The checkpoint to go on from or to export. A row alone is none: folders can be deleted behind our back. Nor is a
 * missing row the end: engine or host may be killed after a checkpoint was renamed into place (and the one before it
 * deleted), but before it was stored. Such a folder, which only the disk knows, is taken where no other is left.
 */
export function lastCheckpoint(
  { store, runsFolder }: Pick<HostContext, 'store' | 'runsFolder'>,
  runId: string,
): Checkpoint | undefined {
  const rows = store.checkpoints.list(runId)
  const known = rows.findLast(({ folder }) => existsSync(folder))
  if (known) return known
  const untold = newestOnDisk(join(runsFolder, runId))
  const gone = rows.map(({ folder }) => folder)
  if (untold) store.checkpoints.add(runId, untold, gone)
  return untold
}

function newestOnDisk(runFolder: string): Checkpoint | undefined {
  if (!existsSync(runFolder)) return undefined
  return readdirSync(runFolder)
    .filter((name) => /^checkpoint-\d+$/.test(name))
    .flatMap((name) => readCheckpoint(join(runFolder, name)) ?? [])
    .sort((a, b) => a.step - b.step)
    .at(-1)
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
