import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { cpus, freemem, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { runCommand } from './command.ts'

/** Memory in bytes that a new process can have: the kernel's estimate on Linux, else what is free. */
export function availableMemory(): { available: number; total: number } {
  try {
    const match = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))
    if (match) return { available: Number(match[1]) * 1024, total: totalmem() }
  } catch {
    // not Linux
  }
  return { available: freemem(), total: totalmem() }
}

/** Free bytes on the disk of `folder`, or of the nearest folder above it that exists. */
export async function freeDisk(folder: string): Promise<number> {
  try {
    const disk = await statfs(folder)
    return disk.bavail * disk.bsize
  } catch (thrown) {
    if (dirname(folder) === folder) throw thrown
    return freeDisk(dirname(folder))
  }
}

/** "Intel Xeon (2 cores)": what computes when there is no GPU. */
export function processorName(): string {
  const all = cpus()
  return `${all[0]?.model.trim() ?? process.arch} (${all.length} ${all.length === 1 ? 'core' : 'cores'})`
}

let knownFlags: ReadonlySet<string> | null | undefined

function readFlags(): ReadonlySet<string> | null {
  try {
    return new Set(/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' '))
  } catch {
    return null
  }
}

/** What the processor can do, as Linux names it; null on other systems. Read once: with many cores the file is long. */
export function processorFlags(): ReadonlySet<string> | null {
  if (knownFlags === undefined) knownFlags = readFlags()
  return knownFlags
}

/** The processor's instructions for bfloat16 products, best first, as Linux names them; null where they cannot be known. */
export function bfloat16Instructions(): readonly string[] | null {
  const flags = processorFlags()
  return flags && ['amx_bf16', 'avx512_bf16'].filter((name) => flags.has(name))
}

/** Whether products in bfloat16 have to be computed in float32; also where it cannot be known. */
export const lacksBfloat16 = (): boolean => (bfloat16Instructions() ?? []).length === 0

export type NvidiaGpu = { readonly name: string; readonly driver: string; readonly memory: string }

/** The GPUs nvidia-smi lists; empty without a driver. */
export async function nvidiaGpus(): Promise<readonly NvidiaGpu[]> {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader']
  const result = await runCommand('nvidia-smi', query, { timeoutMs: 10_000 })
  return result.code === 0 ? parseNvidiaSmi(result.output) : []
}

/** Reads nvidia-smi's CSV; lines of another form are passed over. */
export function parseNvidiaSmi(text: string): readonly NvidiaGpu[] {
  return text.split('\n').flatMap((line) => {
    const [name, driver, memory] = line.split(',').map((part) => part.trim())
    return name && driver && memory ? [{ name, driver, memory }] : []
  })
}
