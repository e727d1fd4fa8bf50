import { StudioError } from '../../shared/domain/error.ts'
import type { ServerMessage } from '../../shared/wire.ts'
import { openHost } from './host.ts'
import { createWireSession } from './wire-session.ts'

/** Host as a forked process (for Electron): the wire messages over the process channel; it leaves when the channel closes. */
async function main(): Promise<void> {
  const host = await openHost({ repairsHistory: true })
  const send = (message: ServerMessage) => void process.send?.(message)
  const session = createWireSession(host, send)
  host.subscribe(send)
  const leave = () => void host.close().finally(() => process.exit(0))
  process.on('disconnect', leave)
  process.on('SIGTERM', leave)
  // The terminal's Ctrl+C is for the parent, which then closes the channel.
  process.on('SIGINT', () => {})
  process.on('message', (message) => void session.receive(message))
}

main().catch((error: unknown) => {
  const text = error instanceof StudioError ? `${error.data.message} ${error.data.hint}` : String(error)
  console.error(text)
  process.exit(1)
})
