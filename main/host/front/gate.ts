import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { SOCKET_PATH, TOKEN_PARAMETER } from '../../../shared/wire.ts'

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Why a request is turned away; null lets it in. */
export type Refusal = { readonly status: 400 | 401 | 403 | 404; readonly reason: string } | null

function hostOf(request: IncomingMessage): URL | null {
  try {
    return new URL(`http://${request.headers.host ?? ''}`)
  } catch {
    return null
  }
}

/** Path and query that are asked for; null where they are none. A path may begin with two slashes, and is no host then. */
export function targetOf({ url = '/' }: IncomingMessage): URL | null {
  return url.startsWith('/') ? URL.parse(`http://localhost${url}`) : null
}

/**
 * Only names of this machine: a foreign name that was made to point here (DNS rebinding) is refused. The port may differ
 * from ours, since an SSH tunnel may end at another one.
 */
export function checkHost(request: IncomingMessage): Refusal {
  const host = hostOf(request)
  return host && LOOPBACK.has(host.hostname) ? null : { status: 403, reason: 'The Host header must name this machine.' }
}

/** A page of another origin may not connect; programs that send no Origin still need the token. */
function checkOrigin(request: IncomingMessage): Refusal {
  const { origin } = request.headers
  if (origin === undefined || origin === `http://${hostOf(request)?.host}`) return null
  return { status: 403, reason: 'The Origin header must be that of the page itself.' }
}

const digest = (text: string) => createHash('sha256').update(text).digest()

function checkToken(request: IncomingMessage, token: string): Refusal {
  const url = targetOf(request)
  if (url?.pathname !== SOCKET_PATH) return { status: 404, reason: `Sockets open at ${SOCKET_PATH}.` }
  const given = url.searchParams.get(TOKEN_PARAMETER) ?? ''
  // Digests are of one length, so the comparison takes the same time for every wrong token.
  return timingSafeEqual(digest(given), digest(token))
    ? null
    : { status: 401, reason: 'The token is wrong or missing.' }
}

/** All that a WebSocket has to show before it is opened. */
export function checkSocket(request: IncomingMessage, token: string): Refusal {
  return checkHost(request) ?? checkOrigin(request) ?? checkToken(request, token)
}
