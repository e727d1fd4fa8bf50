import { execFileSync } from 'node:child_process'
import { chmodSync, closeSync, existsSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { MachineFault } from './faults.ts'
import type { Machine } from './machine.ts'

const BLOCK = 4096
/** In the words of the engine, of SQLite, and of a limit on the size of files. */
const FULL = /disk is full|file is larger|disk I\/O error/

/** Writes a file until the disk of the data folder takes no more, and gives `room` bytes back. */
function fillDisk({ place, dataFolder }: Machine, room: number): () => void {
  const path = place.seen(join(dataFolder, 'ballast'))
  const fd = openSync(path, 'w')
  let written = 0
  try {
    for (;;) written += writeSync(fd, Buffer.alloc(BLOCK))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
  ftruncateSync(fd, Math.max(0, written - room))
  closeSync(fd)
  return () => rmSync(path)
}

/** Without a disk of one's own: no file may become longer than nothing, for the engine and, where there is no room, the host. */
function limitFiles({ bench }: Machine, room: number): () => void {
  const studio = bench.studio()
  const struck = room === 0 ? [studio.pid, studio.engine()] : [studio.engine()]
  const limit = (value: string) => {
    for (const pid of struck)
      if (pid !== null && existsSync(`/proc/${pid}`))
        execFileSync('prlimit', ['--pid', String(pid), `--fsize=${value}:unlimited`])
  }
  limit('0')
  return () => limit('unlimited')
}

const fullDisk = (machine: Machine, room: number): (() => void) =>
  machine.place.ownDisk ? fillDisk(machine, room) : limitFiles(machine, room)

/** Takes the right to write away from a folder of the studio's. */
function readOnly({ place }: Machine, folder: string): () => void {
  const path = place.seen(folder)
  chmodSync(path, 0o555)
  return () => chmodSync(path, 0o755)
}

export const DISK_FAULTS: readonly MachineFault[] = [
  {
    what: 'a disk without any room, which the history finds first',
    cause: (machine) => fullDisk(machine, 0),
    ends: 'failed',
    says: FULL,
  },
  {
    what: 'a disk with room for numbers, but not for a checkpoint',
    cause: (machine) => fullDisk(machine, 16 * BLOCK),
    ends: 'failed',
    says: FULL,
  },
  {
    what: 'a run folder that may not be written any more',
    cause: (machine, runId) => readOnly(machine, machine.bench.folderOf(runId)),
    ends: 'failed',
    says: /permission denied/,
  },
]
