import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { historyFile } from '../../../main/host/folders.ts'
import type { MachineFault } from './faults.ts'

/** Moves something away; it comes back when the cause is taken away. */
function hide(path: string): () => void {
  renameSync(path, `${path}.away`)
  return () => renameSync(`${path}.away`, path)
}

const nothing = () => undefined

export const VANISHED_FILES: readonly MachineFault[] = [
  {
    what: 'data and model that are gone: the run at work has read them, and the next one says so',
    cause: ({ config }) => {
      const back = [config.train_file, config.model_name_or_path].map(hide)
      return () => {
        for (const restore of back) restore()
      }
    },
    ends: 'finished',
    nextSays: /there is no such file/,
  },
  {
    what: 'a checkpoint folder that is gone',
    cause: ({ bench, place }, runId) => {
      const folder = place.seen(bench.folderOf(runId))
      for (const name of readdirSync(folder))
        if (name.startsWith('checkpoint-')) rmSync(join(folder, name), { recursive: true })
      return nothing
    },
    ends: 'finished',
  },
  {
    what: 'a run folder that is gone',
    cause: ({ bench, place }, runId) => {
      rmSync(place.seen(bench.folderOf(runId)), { recursive: true })
      return nothing
    },
    ends: 'finished',
  },
  ...['-wal', ''].map(
    (part): MachineFault => ({
      what: `a history whose ${part || 'very'} file is deleted while it is open`,
      cause: ({ place, dataFolder }) => {
        const path = place.seen(`${historyFile(dataFolder)}${part}`)
        if (existsSync(path)) rmSync(path)
        return nothing
      },
      ends: 'finished',
    }),
  ),
]
