import type { EventName, EventPayload } from '../../shared/contract.ts'
import type { Host } from '../host/host.ts'

/** An event that tells the whole state of one thing at work, by its id. */
type StateEvent = { [E in EventName]: EventPayload<E> extends { readonly id: string } ? E : never }[EventName]

type Watched<T> = {
  readonly id: string
  isAtWork(state: T): boolean
  /** Shows the state, the last one too. */
  show(state: T): void
  /** Asked once, as it may have come to rest before anybody listened. */
  current(): Promise<T | undefined>
}

/** Settles with the state in which something at work comes to rest. */
export function lastState<E extends StateEvent>(
  host: Host,
  event: E,
  { id, isAtWork, show, current }: Watched<EventPayload<E>>,
): Promise<EventPayload<E>> {
  return new Promise((resolve, reject) => {
    let resting = false
    const see = (state: EventPayload<E> | undefined) => {
      if (state?.id !== id || resting) return
      show(state)
      resting = !isAtWork(state)
      if (!resting) return
      end()
      resolve(state)
    }
    const end = host.on(event, see)
    current().then(see, reject)
  })
}
