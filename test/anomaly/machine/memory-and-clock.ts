import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MachineFault } from './faults.ts'
import type { Machine } from './machine.ts'

const CGROUPS = '/sys/fs/cgroup'
/** Version 1 has a tree for each resource, version 2 one for all. */
const MEMORY = existsSync(join(CGROUPS, 'memory'))
  ? { folder: join(CGROUPS, 'memory'), limit: 'memory.limit_in_bytes' }
  : { folder: CGROUPS, limit: 'memory.max' }

/** Puts the engine in a control group with less memory than it has now; null where this process may not. */
function limitByGroup(pid: number, bytes: number): (() => void) | null {
  const group = join(MEMORY.folder, `dora-test-${pid}`)
  try {
    mkdirSync(group)
    writeFileSync(join(group, MEMORY.limit), String(bytes))
    if (existsSync(join(group, 'memory.swap.max'))) writeFileSync(join(group, 'memory.swap.max'), '0')
    writeFileSync(join(group, 'cgroup.procs'), String(pid))
  } catch (error) {
    console.warn(
      `NO CONTROL GROUPS HERE (${(error as Error).message}): the address space of the engine is limited instead.`,
    )
    if (existsSync(group)) rmdirSync(group)
    return null
  }
  return () => rmdirSync(group)
}

/** What is limited without control groups: no further address can be had from the system. */
function limitAddresses(pid: number): () => void {
  const [pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
  execFileSync('prlimit', ['--pid', String(pid), `--as=${Number(pages) * 4096}`])
  return () => undefined
}

function limitMemory({ bench }: Machine): () => void {
  const pid = bench.studio().engine()
  if (pid === null) throw new Error('There is no engine to limit.')
  return limitByGroup(pid, 64 * 1024 * 1024) ?? limitAddresses(pid)
}

const DAY = 86_400

const jump = (what: string, seconds: number): MachineFault => ({
  what,
  cause: ({ setClock }) => {
    setClock(seconds)
    return () => setClock(0)
  },
  ends: 'finished',
})

export const MEMORY_AND_CLOCK: readonly MachineFault[] = [
  { what: 'less memory than the engine needs', at: 'start', cause: limitMemory, ends: 'interrupted', says: /memory/ },
  jump('a clock that is set two days ahead', 2 * DAY),
  jump('a clock that is set a year back', -365 * DAY),
]
