import { existsSync } from 'node:fs'
import { runCommand } from './command.ts'

/** What decides where libtensorflow can come from. */
export type Machine = {
  readonly platform: string
  readonly arch: string
  /** An NVIDIA driver is loaded. */
  readonly nvidia: boolean
}

/** Programs of the user's system that the wheel route needs; null when absent. */
export type Tools = { readonly python: string | null; readonly compiler: string | null }

const NVIDIA_SIGNS = ['/proc/driver/nvidia/version', '/usr/lib/wsl/lib/nvidia-smi', '/usr/bin/nvidia-smi']

/** Cheap: looks at a few paths. DORA_STUDIO_DEVICE=cpu hides an NVIDIA card, =cuda takes one for granted. */
export function detectMachine(): Machine {
  const device = process.env.DORA_STUDIO_DEVICE
  const nvidia = device === 'cuda' || (device !== 'cpu' && NVIDIA_SIGNS.some((path) => existsSync(path)))
  return { platform: process.platform, arch: process.arch, nvidia }
}

async function firstThatRuns(candidates: readonly string[], args: readonly string[]): Promise<string | null> {
  for (const candidate of candidates) {
    if ((await runCommand(candidate, args, { timeoutMs: 20_000 })).code === 0) return candidate
  }
  return null
}

/** Starts each candidate once, about half a second in all. */
export async function detectTools(): Promise<Tools> {
  const [python, compiler] = await Promise.all([
    firstThatRuns(['python3', 'python'], ['-m', 'pip', '--version']),
    process.platform === 'win32' ? null : firstThatRuns(['g++', 'clang++', 'c++'], ['--version']),
  ])
  return { python, compiler }
}
