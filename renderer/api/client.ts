import type { StudioClient } from '../../shared/contract.ts'
import { serverMessageSchema } from '../../shared/wire.ts'
import { createCallTable } from './call-table.ts'
import { mismatchFault } from './checks.ts'
import { createEventHub } from './event-hub.ts'
import { createLink, type LinkOptions, type LinkState } from './link.ts'

export type SocketClientOptions = Pick<LinkOptions, 'open' | 'schedule'> & {
  /** Told of messages that cannot be understood; the connection goes on. */
  readonly onFault: (error: unknown) => void
}

/** The studio's client over a WebSocket, with the state of its connection. */
export type SocketClient = StudioClient & {
  state(): LinkState
  onState(listener: (state: LinkState) => void): () => void
  /** Tries to connect at once instead of waiting for the next try. */
  retry(): void
  close(): void
}

/** Every call and event is checked against the contract in both directions. */
export function createSocketClient({ open, schedule, onFault }: SocketClientOptions): SocketClient {
  const stateListeners = new Set<(state: LinkState) => void>()
  const hub = createEventHub()
  const table = createCallTable((text) => link.send(text))
  let state: LinkState = { kind: 'connecting', attempt: 0 }

  const onState = (next: LinkState) => {
    state = next
    if (next.kind === 'open') table.online()
    else table.offline()
    for (const listener of stateListeners) listener(next)
  }
  const onText = (text: string) => {
    try {
      const parsed = serverMessageSchema.safeParse(JSON.parse(text))
      if (!parsed.success) throw mismatchFault('A message of the host', parsed.error)
      if ('event' in parsed.data) hub.publish(parsed.data.event, parsed.data.payload)
      else table.answer(parsed.data)
    } catch (error) {
      onFault(error)
    }
  }
  const link = createLink({ open, schedule, onText, onState })

  return {
    call: table.call,
    on: hub.on,
    state: () => state,
    retry: link.retry,
    close: link.close,
    onState(listener) {
      stateListeners.add(listener)
      return () => {
        stateListeners.delete(listener)
      }
    },
  }
}
