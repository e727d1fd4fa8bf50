import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { exists } from '../process-exists.ts'

/** A process for good: process numbers are given out again, so the time of its start belongs to it. */
export type ProcessIdentity = { readonly pid: number; readonly start: string }

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function linuxStart(pid: number): string {
  // The name (field 2) may hold spaces and brackets; field 22 is the start in clock ticks since boot.
  const stat = readText(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[19] === undefined ? '' : `${readText('/proc/sys/kernel/random/boot_id').trim()}:${fields[19]}`
}

function commandStart(pid: number): string {
  const [command, args]: [string, string[]] =
    process.platform === 'win32'
      ? ['powershell', ['-NoProfile', '-Command', `(Get-Process -Id ${pid}).StartTime.Ticks`]]
      : ['ps', ['-o', 'lstart=', '-p', String(pid)]]
  try {
    return execFileSync(command, args, { encoding: 'utf8', timeout: 5000, stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}

const startOf = (pid: number) => (process.platform === 'linux' ? linuxStart(pid) : commandStart(pid))

/** This process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, start: startOf(process.pid) }
}

/**
 * Whether that very process still runs (not another one that was given its number). Comparing starts costs a process of
 * its own outside Linux, so a look every second does without it there (`thorough` false).
 */
export function isAlive(identity: ProcessIdentity, thorough = true): boolean {
  if (!exists(identity.pid)) return false
  if (!thorough && process.platform !== 'linux') return true
  const start = startOf(identity.pid)
  return start === '' || identity.start === '' || start === identity.start
}
