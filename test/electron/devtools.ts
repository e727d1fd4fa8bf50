import { WebSocket } from 'ws'

type Reply = {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { message: string }
}
type Target = { readonly type: string; readonly url: string; readonly webSocketDebuggerUrl: string }

/** One page of an Electron started with a debugging port. Playwright cannot connect: it wants browser contexts. */
export type DevTools = {
  send<T>(method: string, params?: object): Promise<T>
  on(method: string, listener: (params: never) => void): void
  close(): void
}

/** The pages that can be driven. */
export async function targetsAt(port: number): Promise<Target[]> {
  const response = await fetch(`http://127.0.0.1:${port}/json/list`)
  return (await response.json()) as Target[]
}

/** Speaks the DevTools protocol with one page. */
export async function connectDevTools(address: string): Promise<DevTools> {
  const socket = new WebSocket(address)
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  const listeners = new Map<string, ((params: never) => void)[]>()
  let nextId = 1
  socket.on('message', (data) => {
    const { id, method, params, result, error } = JSON.parse(String(data)) as Reply
    for (const listener of id === undefined ? (listeners.get(method ?? '') ?? []) : []) listener(params as never)
    if (id === undefined) return
    const call = waiting.get(id)
    waiting.delete(id)
    if (error) call?.reject(new Error(error.message))
    else call?.resolve(result as never)
  })
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('The page is gone.'))
  })
  return {
    send: (method, params = {}) =>
      new Promise((resolve, reject) => {
        const id = nextId++
        waiting.set(id, { resolve, reject })
        socket.send(JSON.stringify({ id, method, params }))
      }),
    on: (method, listener) => void listeners.set(method, [...(listeners.get(method) ?? []), listener]),
    close: () => socket.close(),
  }
}

type Evaluated = {
  readonly result: { readonly value?: unknown }
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } }
}

/** Evaluates expressions where the tools are connected to; what they throw is thrown. */
export const evaluator = (tools: DevTools) =>
  async function evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await tools.send<Evaluated>('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value as T
  }
