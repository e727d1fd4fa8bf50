import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { formatRunConfig } from '../../main/host/services/config-text.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { sharedFolder, temporaryFolder } from '../temporary-folder.ts'
import { makeConfig, SCRIPTED_ENGINE, type Script } from '../unit/host/studio.ts'

/** For a Node that does not take TypeScript by itself. */
const STRIP = process.features.typescript ? [] : ['--experimental-strip-types', '--no-warnings']
const ENTRY = join(import.meta.dirname, 'command-line.ts')
/** Stripping and compiling the command line's TypeScript is half of what a command costs: Node does it once a test file. */
const ENV = { ...process.env, NODE_COMPILE_CACHE: sharedFolder() }

type Result = { readonly code: number | null; readonly out: string; readonly err: string }
type Running = { readonly child: ChildProcess; readonly result: Promise<Result>; readonly out: () => string }

/** What a process says and how it ends; it is killed with the test. */
function follow(child: ChildProcessWithoutNullStreams): Running {
  onTestFinished(() => void child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const result = new Promise<Result>((resolve) => child.on('close', (code) => resolve({ code, out, err })))
  return { child, result, out: () => out }
}

/** The command line on the scripted engine, in a folder of its own with a run file. */
export function setUp(script: Script = {}, fields: Partial<RunConfig> = {}) {
  const folder = temporaryFolder()
  const file = join(folder, 'run.yaml')
  writeFileSync(file, formatRunConfig(makeConfig(folder, script, fields)))
  const program = (...args: string[]) => [...STRIP, ENTRY, join(folder, 'data'), SCRIPTED_ENGINE, ...args]
  const start = (...args: string[]) => follow(spawn(process.execPath, program(...args), { cwd: folder, env: ENV }))
  /** On a terminal, which util-linux' script gives; standard output goes to the file told.txt. */
  const inTerminal = (...args: string[]) => {
    const command = `${[process.execPath, ...program(...args)].join(' ')} > told.txt`
    return follow(spawn('/usr/bin/script', ['-qec', command, '/dev/null'], { cwd: folder, env: ENV })).result
  }
  return { folder, file, start, run: (...args: string[]) => start(...args).result, inTerminal }
}
