import type { WebSocket } from 'ws'
import type { ServerMessage } from '../../../shared/wire.ts'
import type { Host } from '../host.ts'
import { createWireSession } from '../wire-session.ts'

/** A page that does not read (asleep for long) is dropped at this backlog; it connects again and asks anew. */
const MAX_BACKLOG_BYTES = 32 * 1024 * 1024

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Connects one opened WebSocket with the host: calls in, answers and events out. */
export function serveSocket(socket: WebSocket, host: Host): void {
  function send(message: ServerMessage): void {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MAX_BACKLOG_BYTES) socket.terminate()
    else socket.send(JSON.stringify(message))
  }
  const session = createWireSession(host, send)
  const unsubscribe = host.subscribe(send)
  socket.on('message', (data, isBinary) => {
    const message = isBinary ? undefined : parseJson(data.toString())
    if (message === undefined) return socket.close(1007, 'Messages are JSON text.')
    void session.receive(message)
  })
  // ws closes by itself after a fault (1009 for an oversized message); the event only has to be taken.
  socket.on('error', () => {})
  socket.on('close', unsubscribe)
}

/** Ends sockets whose other side is gone without a word; returns the function that ends the checks. */
export function startHeartbeat(sockets: ReadonlySet<WebSocket>, everyMs: number): () => void {
  const silent = new WeakSet<WebSocket>()
  const timer = setInterval(() => {
    for (const socket of sockets) {
      if (silent.has(socket)) {
        socket.terminate()
        continue
      }
      silent.add(socket)
      socket.once('pong', () => silent.delete(socket))
      socket.ping()
    }
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
