import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CallInput, CallName, CallOutput, EventName, EventPayload } from '../../shared/contract.ts'
import { StudioError } from '../../shared/domain/error.ts'
import { serverMessageSchema } from '../../shared/wire.ts'

const HOST = join(import.meta.dirname, '../../dist/host.mjs')

/** The built host in a process of its own, spoken to as the window does. */
export type StudioProcess = {
  readonly pid: number
  call<K extends CallName>(name: K, input: CallInput<K>): Promise<CallOutput<K>>
  on<K extends EventName>(name: K, listener: (payload: EventPayload<K>) => void): void
  /** Process number of its newest child that runs an engine, or null. */
  engine(): number | null
  alive(): boolean
  /** Resolves when it is gone. */
  readonly gone: Promise<unknown>
  /** Asks it to leave, as closing the window does. */
  leave(): Promise<unknown>
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Children of a process (Linux), newest last. */
export const childrenOf = (pid: number): number[] =>
  readText(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)

const isEngine = (pid: number): boolean => readText(`/proc/${pid}/cmdline`).includes('engine.mjs')

export type StartOptions = {
  readonly env?: Readonly<Record<string, string>>
  /** Command that the host is started by, such as `['setpriv', …]`; it has to end in an exec. */
  readonly wrap?: readonly string[]
}

/** Starts a host on a data folder. */
export function startStudio(dataFolder: string, { env = {}, wrap = [] }: StartOptions = {}): StudioProcess {
  const [command = '', ...args] = [...wrap, process.execPath, HOST]
  const child: ChildProcess = spawn(command, args, {
    env: { ...process.env, ...env, DORA_STUDIO_HOME: dataFolder },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, { resolve: (output: unknown) => void; reject: (error: Error) => void }>()
  const listeners: { readonly name: EventName; readonly tell: (payload: never) => void }[] = []
  let nextId = 1
  child.on('message', (message) => {
    const parsed = serverMessageSchema.parse(message)
    if ('event' in parsed) {
      for (const { name, tell } of listeners) if (name === parsed.event) tell(parsed.payload as never)
      return
    }
    const call = waiting.get(parsed.id)
    waiting.delete(parsed.id)
    if (parsed.ok) call?.resolve(parsed.output)
    else call?.reject(new StudioError(parsed.error))
  })
  const gone = once(child, 'exit').then((how) => {
    for (const { reject } of waiting.values()) reject(new Error(`The host is gone (${how.join()}).`))
    return how
  })
  return {
    pid: child.pid ?? 0,
    gone,
    call: (name, input) =>
      new Promise((resolve, reject) => {
        const id = nextId++
        waiting.set(id, { resolve: (output) => resolve(output as CallOutput<typeof name>), reject })
        if (child.connected) child.send({ id, call: name, input }, (error) => error && reject(error))
        else reject(new Error('The host is gone.'))
      }),
    on: (name, tell) => void listeners.push({ name, tell }),
    engine: () => childrenOf(child.pid ?? 0).findLast(isEngine) ?? null,
    alive: () => child.exitCode === null && child.signalCode === null,
    leave: () => {
      if (child.connected) child.disconnect()
      return gone
    },
  }
}
