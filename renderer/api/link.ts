/** The part of a WebSocket the link uses; tests hand in their own. */
export type SocketLike = {
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: (() => void) | null
  send(text: string): void
  close(): void
}

/** `waiting`: the last try failed, the next one is due in `retryMs`. */
export type LinkState =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'open' }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryMs: number }
  | { readonly kind: 'closed' }

export type LinkOptions = {
  readonly open: () => SocketLike
  /** Runs `task` after `ms` milliseconds; returns the function that cancels it. */
  readonly schedule: (task: () => void, ms: number) => () => void
  readonly onText: (text: string) => void
  readonly onState: (state: LinkState) => void
}

export type Link = {
  send(text: string): void
  /** Tries again at once when waiting. */
  retry(): void
  close(): void
}

const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 5000

/** Pause before try number `attempt` (1 is the first retry): doubling, at most 5 seconds. */
export const retryDelay = (attempt: number): number => Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1))

/** A socket that opens itself again after every loss until it is closed. */
export function createLink({ open, schedule, onText, onState }: LinkOptions): Link {
  let socket: SocketLike | null = null
  let state: LinkState = { kind: 'connecting', attempt: 0 }
  let cancel: () => void = () => undefined

  const enter = (next: LinkState) => {
    state = next
    onState(next)
  }
  const connect = (attempt: number) => {
    enter({ kind: 'connecting', attempt })
    const current = open()
    socket = current
    current.onopen = () => {
      if (current === socket) enter({ kind: 'open' })
    }
    current.onmessage = ({ data }) => {
      if (current === socket && typeof data === 'string') onText(data)
    }
    current.onclose = () => {
      if (current === socket) lost(state.kind === 'open' ? 1 : attempt + 1)
    }
  }
  const lost = (attempt: number) => {
    socket = null
    const retryMs = retryDelay(attempt)
    cancel = schedule(() => connect(attempt), retryMs)
    enter({ kind: 'waiting', attempt, retryMs })
  }

  connect(0)
  return {
    send: (text) => socket?.send(text),
    retry() {
      if (state.kind !== 'waiting') return
      cancel()
      connect(state.attempt)
    },
    close() {
      cancel()
      const last = socket
      socket = null
      last?.close()
      enter({ kind: 'closed' })
    },
  }
}
