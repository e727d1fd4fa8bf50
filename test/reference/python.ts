import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { inject } from 'vitest'

/** Python with torch, transformers and PEFT; `.ci/run` always sets it, `test/reference/install.sh` makes one. */
export const python = process.env.DORA_REFERENCE_PYTHON

/** For one case; the tests themselves have five minutes. */
const LIMIT_S = 120
/** Importing torch, transformers and PEFT on a busy machine, which the first case waits for. */
const IMPORT_S = 120

type Figures = Record<string, number>

/** Sends a line and answers with all that comes back until the other side closes. */
function converse(path: string, line: string, patienceS: number): Promise<string> {
  const socket = connect(path)
  const late = () => socket.destroy(new Error(`the reference said nothing for ${patienceS} s`))
  socket.setTimeout(patienceS * 1000, late)
  socket.write(`${line}\n`)
  return text(socket)
}

/**
 * Hands a case to the function `answer` of a script of this folder, in a process of its own (serve.py), and gives what it
 * returns. Throws with all that the script wrote if it fails or takes longer than `limitS` seconds.
 */
export async function askReference<T = Figures>(script: string, given: object, limitS = LIMIT_S): Promise<T> {
  const path = inject('referenceSocket')
  if (path === null) throw new Error('DORA_REFERENCE_PYTHON is not set; see test/reference/install.sh')
  const line = JSON.stringify({ script, case: given, limit_s: limitS })
  const written = await converse(path, line, limitS + IMPORT_S)
  const answer = /(?:^|\n)answer (.*)\n$/.exec(written)?.[1]
  if (answer === undefined) throw new Error(`the reference failed:\n${written.slice(-3000)}`)
  return JSON.parse(answer) as T
}

/** Runs a script of this folder by itself, for one that has to set variables before its imports; figures of its last line. */
export async function runReference(script: string, given: object, folder: string): Promise<Figures> {
  const path = join(folder, 'case.json')
  writeFileSync(path, JSON.stringify(given))
  const args = [join(import.meta.dirname, script), path]
  const { stdout } = await promisify(execFile)(python as string, args, { encoding: 'utf8', timeout: LIMIT_S * 1000 })
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Figures
}
