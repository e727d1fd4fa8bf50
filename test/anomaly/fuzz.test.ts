import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { sharedFolder } from '../temporary-folder.ts'
import type { FuzzTarget } from './fuzz/target.ts'
import { FUZZ_TARGETS } from './fuzz/targets.ts'

/** Files for each target: 10,500 in all. Another series: DORA_FUZZ_FROM=… DORA_FUZZ_FILES=… */
const FILES = Number(process.env.DORA_FUZZ_FILES ?? Math.ceil(10_500 / FUZZ_TARGETS.length))
const FROM = Number(process.env.DORA_FUZZ_FROM ?? 0)
/** The sound files are about a megabyte; what a reader takes beyond the runtime's own needs is its own doing. */
const MOST_BYTES = 700e6
/** One file is read in milliseconds; this is for a machine under load. */
const SILENCE_MS = 60_000

type Line = { readonly number?: number; readonly finding?: string; readonly done?: true; readonly peakBytes?: number }
type Outcome = { readonly findings: readonly string[]; readonly files: number; readonly peakBytes: number }

const folder = sharedFolder()

/** Reads the files in a process that may write into its own folder only, with a watch on its memory and its silence. */
function fuzz(target: FuzzTarget, file: string): Promise<Outcome> {
  const rights = ['--permission', '--allow-fs-read=*', `--allow-fs-write=${dirname(file)}`]
  const args = [join(import.meta.dirname, 'fuzz/worker.ts'), target.name, file, String(FROM), String(FILES)]
  const child = spawn(process.execPath, ['--max-old-space-size=384', ...rights, ...args])
  let last: Line = {}
  let files = 0
  let errors = ''
  const findings: string[] = []
  const watch = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS)
  child.stderr.on('data', (text) => {
    errors += text
  })
  createInterface(child.stdout).on('line', (text) => {
    watch.refresh()
    last = JSON.parse(text) as Line
    if (last.finding) findings.push(`${target.name} ${last.number}: ${last.finding}`)
    else if (last.number !== undefined) files++
  })
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(watch)
      if (!last.done) {
        findings.push(`${target.name} ${last.number ?? 'start'}: ended with ${signal ?? code}\n${errors.slice(-2000)}`)
      }
      resolve({ findings, files, peakBytes: last.peakBytes ?? 0 })
    })
  })
}

test.for(FUZZ_TARGETS)('spoiled files never harm: $name', { timeout: 600_000 }, async (target) => {
  const into = join(folder, target.name.replaceAll(/\W+/g, '-'))
  mkdirSync(into)
  const outcome = await fuzz(target, await target.prepare(into))
  expect(outcome.findings).toEqual([])
  expect(outcome.files).toBe(FILES)
  expect(outcome.peakBytes).toBeLessThan(MOST_BYTES)
})
