import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Python with torch, transformers and PEFT; `.ci/run` always sets it, `test/reference/install.sh` makes one. */
export const python = process.env.DORA_REFERENCE_PYTHON

/** Hands a case to a script of this folder and answers with the figures of its last line; throws with what it wrote. */
export function askReference(script: string, given: object, folder: string): Record<string, number> {
  const path = join(folder, 'case.json')
  writeFileSync(path, JSON.stringify(given))
  const { status, stdout, stderr } = spawnSync(python as string, [join(import.meta.dirname, script), path], {
    encoding: 'utf8',
    env: { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_VERBOSITY: 'error' },
  })
  if (status !== 0) throw new Error(`the reference failed:\n${stderr.slice(-3000)}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Record<string, number>
}
