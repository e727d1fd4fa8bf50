import { type ChildProcess, fork } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../../shared/domain/error.ts'
import type { HostChild } from './host-supervisor.ts'
import { logFolder } from './paths.ts'
import type { Runtime } from './runtime.ts'

const MAX_LOG_BYTES = 1024 * 1024
const LAST_WORDS_MS = 100

/** Appends to `logs/NAME.log`; one older file is kept. */
function openLog(name: string) {
  const file = join(logFolder(), `${name}.log`)
  mkdirSync(logFolder(), { recursive: true })
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`)
  const log = createWriteStream(file, { flags: 'a' })
  // A full disk must not take the window down; the studio says so elsewhere.
  log.on('error', () => {})
  log.write(`--- ${new Date().toISOString()}\n`)
  return log
}

function endReason(code: number | null, signal: string | null, lastLine: string): string {
  const how = signal ? `ended by ${signal}` : `exit code ${code}`
  return lastLine ? `${how}; its last line: ${lastLine}` : how
}

function adapt(child: ChildProcess, name: string): HostChild {
  const log = openLog(name)
  let lastLine = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log.write(chunk)
      const lines = chunk.toString().trim().split('\n')
      lastLine = (lines[lines.length - 1] ?? '').slice(0, 300)
    })
  }
  return {
    send: (message) => void (child.connected && child.send(message as object, () => {})),
    onMessage: (listener) => void child.on('message', listener),
    onEnd(listener) {
      let told = false
      const end = (reason: string) => {
        if (told) return
        told = true
        log.end()
        listener(reason)
      }
      child.on('error', ({ message }) => child.pid === undefined && end(message))
      // Not `close`: a grandchild that holds the pipes would put it off. What was printed last arrives within the pause.
      child.on('exit', (code, signal) => setTimeout(() => end(endReason(code, signal, lastLine)), LAST_WORDS_MS))
    },
    leave: () => child.connected && child.disconnect(),
    kill: () => void child.kill('SIGKILL'),
  }
}

/** Starts a built process with a message channel; what it prints goes to `logs/NAME.log`. */
export function forkProcess(
  name: 'host' | 'native-setup',
  entry: string,
  runtime: Runtime | null,
  env: Readonly<Record<string, string>>,
): HostChild {
  if (!runtime) {
    throw fault('native', 'This Electron is too old to run the host, and DORA_NODE names no Node that could.', {
      hint: 'Start the studio with "npm start".',
    })
  }
  const child = fork(entry, [], {
    execPath: runtime.execPath,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env, ...runtime.env },
  })
  return adapt(child, name)
}
