import { EVENTS, type EventName, type EventPayload } from '../../shared/contract.ts'
import { mismatchFault } from './checks.ts'

/** Listeners by event; payloads are checked once, before anyone sees them. */
export function createEventHub() {
  const listeners = new Map<EventName, Set<(payload: never) => void>>()
  return {
    on<K extends EventName>(name: K, listener: (payload: EventPayload<K>) => void): () => void {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      set.add(listener)
      return () => {
        set.delete(listener)
      }
    },
    /** Throws `internal` when the payload is not what the contract says. */
    publish(name: EventName, raw: unknown): void {
      const parsed = EVENTS[name].safeParse(raw)
      if (!parsed.success) throw mismatchFault(`The event ${name}`, parsed.error)
      for (const listener of listeners.get(name) ?? []) listener(parsed.data as never)
    },
  }
}
