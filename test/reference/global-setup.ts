import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where serve.py listens; null without a Python to compare with. */
    referenceSocket: string | null
  }
}

/** Starts serve.py, which costs next to nothing before the first request; it ends with its standard input. */
async function startReference(python: string, socket: string): Promise<ChildProcess> {
  const child = spawn(python, [join(import.meta.dirname, 'serve.py'), socket], { stdio: ['pipe', 'pipe', 'inherit'] })
  const failed = (why: unknown) =>
    new Error(
      `DORA_REFERENCE_PYTHON=${python} cannot run test/reference/serve.py (${why}); see test/reference/install.sh`,
    )
  await new Promise((done, fail) => {
    child.stdout?.once('data', done)
    child.once('error', ({ message }) => fail(failed(message)))
    child.once('exit', (code) => fail(failed(`exit code ${code}`)))
  })
  return child
}

/** One Python for all reference tests of a run, whichever worker they are in. */
export async function setup({ provide }: TestProject) {
  const python = process.env.DORA_REFERENCE_PYTHON
  if (!python) return provide('referenceSocket', null)
  const folder = mkdtempSync(join(tmpdir(), 'dora-reference-'))
  const socket = join(folder, 'socket')
  const child = await startReference(python, socket)
  provide('referenceSocket', socket)
  return async () => {
    const ended = once(child, 'exit')
    child.stdin?.end()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}
