import { SOCKET_PATH, TOKEN_PARAMETER } from '../../shared/wire.ts'
import { createSocketClient, type SocketClient } from './client.ts'
import type { SocketLike } from './link.ts'

const STORAGE_KEY = 'dora-studio.token'

/**
 * The token of the link the host printed (`/#token=…`), kept for reloads of this tab. It is taken out of the address,
 * so that it is in no bookmark or screenshot.
 */
export function takeToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get(TOKEN_PARAMETER)
  if (given === null) return sessionStorage.getItem(STORAGE_KEY)
  sessionStorage.setItem(STORAGE_KEY, given)
  history.replaceState(null, '', `${location.pathname}${location.search}#/`)
  return given
}

const socketUrl = (token: string): string => {
  const url = new URL(SOCKET_PATH, location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  url.searchParams.set(TOKEN_PARAMETER, token)
  url.hash = ''
  return url.href
}

/** A client for the host that served this page. */
export function createBrowserClient(token: string): SocketClient {
  const client = createSocketClient({
    open: () => new WebSocket(socketUrl(token)) as SocketLike,
    schedule: (task, ms) => {
      const timer = setTimeout(task, ms)
      return () => clearTimeout(timer)
    },
    onFault: (error) => console.error(error),
  })
  addEventListener('online', client.retry)
  return client
}
