import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { WebSocket, WebSocketServer } from 'ws'
import type { CallInput, CallName, CallOutput, EventName, EventPayload } from '../../../shared/contract.ts'
import { toErrorData } from '../../../shared/domain/error.ts'
import { clientMessageSchema, SOCKET_PATH } from '../../../shared/wire.ts'

export type Handlers = { readonly [K in CallName]: (input: CallInput<K>) => CallOutput<K> | Promise<CallOutput<K>> }
export type Publish = <K extends EventName>(event: K, payload: EventPayload<K>) => void

const MIME: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws://127.0.0.1:*"

function serveFiles(folder: string) {
  return createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    const file = join(folder, normalize(path === '/' ? '/index.html' : path))
    const body = await readFile(file).catch(() => null)
    if (body === null) return response.writeHead(404).end()
    response
      .writeHead(200, { 'content-type': MIME[extname(file)] ?? 'text/plain', 'content-security-policy': CSP })
      .end(body)
  })
}

async function answer(handlers: Handlers, data: unknown): Promise<string> {
  const { id, call, input } = clientMessageSchema.parse(JSON.parse(String(data)))
  try {
    return JSON.stringify({ id, ok: true, output: await (handlers[call] as (input: unknown) => unknown)(input) })
  } catch (error) {
    return JSON.stringify({ id, ok: false, error: toErrorData(error) })
  }
}

/** Serves the built page and speaks the wire protocol with it, once `listen` is told who answers. */
export function createScriptedServer(folder: string) {
  const server = serveFiles(folder)
  const sockets = new WebSocketServer({ server, path: SOCKET_PATH })
  const publish: Publish = (event, payload) => {
    const text = JSON.stringify({ event, payload })
    for (const socket of sockets.clients) if (socket.readyState === WebSocket.OPEN) socket.send(text)
  }
  const dropConnections = () => {
    for (const socket of sockets.clients) socket.terminate()
  }
  return {
    publish,
    dropConnections,
    /** The address of the page. */
    async listen(port: number, handlers: Handlers): Promise<string> {
      sockets.on('connection', (socket) => {
        socket.on('message', async (data) => socket.send(await answer(handlers, data)))
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/#token=${randomUUID()}`
    },
    async close() {
      dropConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
