import type { HostState, StudioBridge } from '../../shared/bridge.ts'
import { createSocketClient, type SocketClient } from './client.ts'
import type { SocketLike } from './link.ts'

declare global {
  interface Window {
    /** Put there by the desktop window's preload script; absent in a browser. */
    readonly studioBridge?: StudioBridge
  }
}

/** The client in the desktop window, and how the host process fares. */
export type Desktop = {
  readonly client: SocketClient
  hostState(): HostState
  onHostState(listener: (state: HostState) => void): () => void
  restartHost(): void
}

/** A socket over the bridge that is open while the host is ready; the rest (calls, lost answers) is the browser's code. */
export function createDesktopClient(bridge: StudioBridge): Desktop {
  const listeners = new Set<(state: HostState) => void>()
  let hostState: HostState = { kind: 'starting' }
  let socket: SocketLike | null = null
  let isOpen = false

  function open(): SocketLike {
    const opened: SocketLike = {
      onopen: null,
      onmessage: null,
      onclose: null,
      send: bridge.send,
      close: () => {
        if (socket === opened) socket = null
      },
    }
    socket = opened
    isOpen = false
    // The link sets its handlers after this returns.
    queueMicrotask(follow)
    return opened
  }
  function follow(): void {
    const ready = hostState.kind === 'ready'
    if (socket === null || ready === isOpen) return
    isOpen = ready
    if (ready) socket.onopen?.()
    else socket.onclose?.()
  }
  function enter(state: HostState): void {
    hostState = state
    follow()
    for (const listener of listeners) listener(state)
  }
  const client = createSocketClient({
    open,
    schedule: (task, ms) => {
      const timer = setTimeout(task, ms)
      return () => clearTimeout(timer)
    },
    onFault: (error) => console.error(error),
  })
  bridge.subscribe((message) => {
    if (message.kind === 'wire') socket?.onmessage?.({ data: message.text })
    else if (message.kind === 'host') enter(message.state)
    else location.hash = message.hash
  })
  return {
    client,
    hostState: () => hostState,
    onHostState(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    // Without what a click passes along: the bridge cannot clone an event.
    restartHost: () => bridge.restartHost(),
  }
}
