import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Python with torch, transformers and PEFT; `.ci/run` always sets it, `test/reference/install.sh` makes one. */
export const python = process.env.DORA_REFERENCE_PYTHON

const lastLine = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1) as string) as Record<string, number>

/** As {@link askReference}, while this process goes on: for scripts that talk to a server of the test. */
export async function askReferenceAside(
  script: string,
  given: object,
  folder: string,
): Promise<Record<string, number>> {
  const path = join(folder, 'case.json')
  writeFileSync(path, JSON.stringify(given))
  const args = [join(import.meta.dirname, script), path]
  const { stdout } = await promisify(execFile)(python as string, args, { encoding: 'utf8', timeout: 60_000 })
  return lastLine(stdout)
}

/** Hands a case to a script of this folder and answers with the figures of its last line; throws with what it wrote. */
export function askReference(script: string, given: object, folder: string): Record<string, number> {
  const path = join(folder, 'case.json')
  writeFileSync(path, JSON.stringify(given))
  const { status, stdout, stderr } = spawnSync(python as string, [join(import.meta.dirname, script), path], {
    encoding: 'utf8',
    env: { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_VERBOSITY: 'error' },
  })
  if (status !== 0) throw new Error(`the reference failed:\n${stderr.slice(-3000)}`)
  return lastLine(stdout)
}
