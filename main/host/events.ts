import type { EventName, EventPayload } from '../../shared/contract.ts'

/** What a subscriber to everything gets; fronts pass it on as it is. */
export type StudioEvent = { [K in EventName]: { readonly event: K; readonly payload: EventPayload<K> } }[EventName]

export type EventBus = {
  emit(event: StudioEvent): void
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: StudioEvent) => void): () => void
}

/** Host-wide events. A listener that throws is reported and disturbs neither the others nor the sender. */
export function createEventBus(): EventBus {
  const listeners = new Set<(event: StudioEvent) => void>()
  return {
    emit(event) {
      for (const listener of [...listeners]) {
        try {
          listener(event)
        } catch (error) {
          console.error(`A listener of ${event.event} failed:`, error)
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
