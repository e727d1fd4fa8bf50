import type { ServerMessage } from '../../shared/wire.ts'
import { type HostOptions, openHost } from './host.ts'
import { createWireSession } from './wire-session.ts'

/** Opens a host that speaks the wire messages over this process's own channel, and leaves when the channel closes. */
export async function serveChannel(options: HostOptions = {}): Promise<void> {
  const host = await openHost({ repairsHistory: true, ...options })
  // A window that is gone hears nothing more; a send that fails must not end the host, which has a checkpoint to write.
  const send = (message: ServerMessage): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => {})
  }
  const session = createWireSession(host, send)
  host.subscribe(send)
  const leave = () => void host.close().finally(() => process.exit(0))
  process.on('disconnect', leave)
  process.on('SIGTERM', leave)
  // The terminal's Ctrl+C is for the parent, which then closes the channel.
  process.on('SIGINT', () => {})
  process.on('message', (message) => void session.receive(message))
}
