import { readdirSync, readFileSync } from 'node:fs'
import { childrenOf } from './studio-process.ts'

/** What may grow in a process that leaks. Linux. */
export type VitalSigns = {
  readonly residentBytes: number
  readonly handles: number
  readonly threads: number
  readonly children: number
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
}

export function vitalSigns(pid: number): VitalSigns {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    residentBytes: 1024 * field(status, 'VmRSS'),
    handles: readdirSync(`/proc/${pid}/fd`).length,
    threads: field(status, 'Threads'),
    children: childrenOf(pid).length,
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/**
 * A sign in the second and in the last fifth of a series, by their medians: the first fifth is warm-up, and a garbage collector moves single
 * values about.
 */
export function trend(series: readonly VitalSigns[], sign: keyof VitalSigns): { early: number; late: number } {
  const fifth = Math.max(1, Math.floor(series.length / 5))
  const values = series.map((one) => one[sign])
  return { early: median(values.slice(fifth, 2 * fifth)), late: median(values.slice(-fifth)) }
}
