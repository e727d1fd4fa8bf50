import { createServer, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { fault } from '../../../shared/domain/error.ts'
import { MAX_MESSAGE_BYTES, TOKEN_PARAMETER } from '../../../shared/wire.ts'
import { rendererFolder } from '../folders.ts'
import type { Host } from '../host.ts'
import { checkHost, checkSocket, type Refusal } from './gate.ts'
import { newToken } from './kept-token.ts'
import { serveSocket, startHeartbeat } from './socket.ts'
import { serveStatic } from './static-files.ts'

const HEARTBEAT_MS = 30_000
const ADDRESS = '127.0.0.1'

export type FrontOptions = {
  readonly host: Host
  /** 0: any free port. */
  readonly port: number
  /** The built page; default dist/renderer. */
  readonly root?: string
  /** Default: a new one. */
  readonly token?: string
}

export type Front = {
  readonly port: number
  /** Address to open, token in the fragment: it reaches neither logs nor other servers. */
  readonly url: string
  readonly token: string
  readonly close: () => Promise<void>
}

/** What a system answers, in words. */
const REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use',
  EACCES: 'may not be opened by you (ports below 1024 are the administrator’s)',
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        fault('conflict', `Port ${port} ${REFUSALS[error.code ?? ''] ?? `cannot be opened: ${error.message}`}.`, {
          hint: 'Choose another one with --port, or 0 for any free port.',
          retryable: error.code === 'EADDRINUSE',
        }),
      )
    })
    server.listen(port, ADDRESS, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

function turnAway(stream: Duplex, { status, reason }: NonNullable<Refusal>): void {
  const body = `${reason}\n`
  stream.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/** Serves the page and the calls on this machine only; a socket needs the token, the right Host and the right Origin. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const { host, port, root = rendererFolder(), token = newToken() } = options
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false })
  const server = createServer((request, response) => {
    const refusal = checkHost(request)
    if (refusal) {
      response.writeHead(refusal.status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${refusal.reason}\n`)
      return
    }
    serveStatic(root, request, response).catch(() => {
      if (!response.headersSent) response.writeHead(400)
      response.end()
    })
  })
  server.on('upgrade', (request, stream: Duplex, head) => {
    stream.on('error', () => stream.destroy())
    const refusal = checkSocket(request, token)
    if (refusal) return turnAway(stream, refusal)
    sockets.handleUpgrade(request, stream, head, (socket: WebSocket) => serveSocket(socket, host))
  })
  const actualPort = await listen(server, port)
  const endHeartbeat = startHeartbeat(sockets.clients, HEARTBEAT_MS)
  return {
    port: actualPort,
    token,
    url: `http://${ADDRESS}:${actualPort}/#${TOKEN_PARAMETER}=${token}`,
    async close() {
      endHeartbeat()
      for (const socket of sockets.clients) socket.close(1001, 'The studio closes.')
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const force = () => {
        server.closeAllConnections()
        for (const socket of sockets.clients) socket.terminate()
      }
      setTimeout(force, 500).unref()
      server.closeIdleConnections()
      await closed
    },
  }
}
