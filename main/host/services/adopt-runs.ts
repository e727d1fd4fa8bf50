import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { toErrorData } from '../../../shared/domain/error.ts'
import { parseRunConfig } from './config-text.ts'
import type { HostContext } from './host-context.ts'
import { checkpointsOnDisk } from './last-checkpoint.ts'

/** The form of {@link newRunId}; what else lies in the folder is not ours. */
const RUN_ID = /^\d{8}-\d{6}-[a-z0-9]{4}$/

/**
 * Takes up runs of which only the folder is left, after a repair that could not read their rows: its run.yaml has all
 * settings, its newest checkpoint the place to go on from. Returns how many there were.
 */
export function adoptRuns(context: Pick<HostContext, 'store' | 'runsFolder' | 'owner'>): number {
  const { runsFolder, store } = context
  const lost = readdirSync(runsFolder).filter((name) => RUN_ID.test(name) && store.runs.summary(name) === undefined)
  return lost.filter((id) => adopt(context, id)).length
}

function adopt(context: Pick<HostContext, 'store' | 'runsFolder' | 'owner'>, id: string): boolean {
  const { store, runsFolder, owner } = context
  const file = join(runsFolder, id, 'run.yaml')
  if (!existsSync(file)) return false
  try {
    const config = parseRunConfig(readFileSync(file, 'utf8'), runsFolder, { what: file })
    store.runs.insert({ id, config, versions: {}, createdAt: Math.round(statSync(file).mtimeMs), owner })
    // Its curves are lost in any case.
    const last = checkpointsOnDisk(join(runsFolder, id)).at(-1)
    if (last) store.checkpoints.add(id, last, [])
    const step = last?.step ?? 0
    store.runs.update(id, { status: 'interrupted', step, endedAt: Date.now() })
    return true
  } catch (error) {
    console.error(`Run ${id} could not be taken up from its folder: ${toErrorData(error).message}`)
    return false
  }
}
