import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { CallInput, CallName, CallOutput } from '../../shared/contract.ts'
import type { ServerMessage } from '../../shared/wire.ts'
import { connectDevTools, type DevTools } from '../electron/devtools.ts'
import { SCRIPTED_ENGINE } from '../unit/host/studio.ts'

/** The other end of a forked host's channel, as the desktop window holds it. */
export type ForkedHost = {
  readonly child: ChildProcess
  call<K extends CallName>(name: K, input: CallInput<K>): Promise<CallOutput<K>>
  /** Messages that came so far. */
  events(): number
  /** Node's inspector of the process. */
  inspect(): Promise<DevTools>
}

/** Forks the real host on a folder, with the scripted engine; killed after the test. */
export function forkHost(dataFolder: string): ForkedHost {
  const strip = process.features.typescript ? [] : ['--experimental-strip-types']
  const child = fork(join(import.meta.dirname, 'forked-host.ts'), [SCRIPTED_ENGINE], {
    env: { ...process.env, DORA_STUDIO_HOME: dataFolder },
    execArgv: [...strip, '--inspect=127.0.0.1:0'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr?.on('data', (data) => {
    said += data
  })
  const waiting = new Map<number, (message: ServerMessage) => void>()
  let events = 0
  child.on('message', (message: ServerMessage) => {
    if ('event' in message) events++
    else waiting.get(message.id)?.(message)
  })
  let nextId = 1
  return {
    child,
    events: () => events,
    call: (call, input) =>
      new Promise((resolve, reject) => {
        const id = nextId++
        waiting.set(id, (message) => {
          waiting.delete(id)
          if ('ok' in message && message.ok) resolve(message.output as never)
          else reject(new Error(JSON.stringify(message)))
        })
        child.send({ id, call, input })
      }),
    async inspect() {
      const address = /ws:\S+/.exec(said)?.[0]
      if (!address) throw new Error(`The host opened no inspector: ${said}`)
      return connectDevTools(address)
    },
  }
}
