import type { EngineRequest } from '../../../shared/engine-protocol.ts'

export type Order = Extract<EngineRequest, { type: 'generate' }>

/** Messages of a chat that have arrived and wait. */
export type Inbox = {
  readonly add: (message: Extract<EngineRequest, { type: 'generate' | 'cancel' }>) => void
  readonly close: () => void
  /** The next prompt, or null once the chat is closed. */
  readonly next: () => Promise<Order | null>
  readonly cancelled: (id: number) => boolean
}

export function createInbox(): Inbox {
  const orders: Order[] = []
  const cancelled = new Set<number>()
  let closed = false
  let wake = () => {}
  return {
    add: (message) => {
      if (message.type === 'cancel') cancelled.add(message.id)
      else orders.push(message)
      wake()
    },
    close: () => {
      closed = true
      wake()
    },
    next: async () => {
      while (!closed && orders.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return closed ? null : (orders.shift() ?? null)
    },
    cancelled: (id) => closed || cancelled.has(id),
  }
}
