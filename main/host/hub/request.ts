import { setTimeout as pause } from 'node:timers/promises'
import { fault, StudioError } from '../../../shared/domain/error.ts'
import { isConfidential } from './endpoint.ts'
import { type HubTarget, networkFault, statusFault } from './status-fault.ts'

/** The way to the hub: where it is, and what is shown there. */
export type HubAccess = {
  readonly endpoint: URL
  /** Read anew for each request. */
  readonly token: () => string | null
}

type Options = {
  readonly signal: AbortSignal
  readonly target: HubTarget
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses that the caller understands beside 2xx. */
  readonly accepts?: readonly number[]
  /** A lost network is waited for half a minute: right for a long transfer, wrong for a question somebody waits for. */
  readonly patient?: boolean
}

/** An answer, and what the hub itself said of the file before it sent us on to a CDN. */
export type HubAnswer = { readonly response: Response; readonly etag: string | null }

const MOST_REDIRECTS = 8
const HEADERS_MS = 30_000
const TRIES = 4
const PATIENT_TRIES = 6
const LONGEST_WAIT_S = 30

const isRedirect = ({ status }: Response): boolean => [301, 302, 303, 307, 308].includes(status)
const isBusy = ({ status }: Response): boolean => status === 408 || status === 429 || status >= 500

/** `"abc"`, `W/"abc"` → `abc`. */
const bare = (etag: string | null): string | null => etag?.replace(/^W\//, '').replaceAll('"', '') ?? null

/** Where a redirect leads. To another host it may go, from https to http it may not. */
function redirectTarget(from: URL, response: Response): URL {
  const next = URL.parse(response.headers.get('location') ?? '', from)
  if (next && (next.protocol === 'https:' || (next.protocol === 'http:' && from.protocol === 'http:'))) return next
  throw fault('network', `${from.host} sends us on to an address that is not taken.`, {
    hint: 'Something between you and the hub changes its answers; check proxy and mirror.',
  })
}

/** The token is for the hub alone: never for a CDN or whoever else a redirect names, never where it could be read. */
const mayKnowToken = (url: URL, endpoint: URL): boolean => url.origin === endpoint.origin && isConfidential(url)

async function fetchOnce(url: URL, token: string | null, { signal, headers }: Options): Promise<Response> {
  const overdue = new AbortController()
  const timer = setTimeout(() => overdue.abort(), HEADERS_MS)
  try {
    return await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.any([signal, overdue.signal]),
      // Compressed on the way, the size of an answer would say nothing of the file's.
      headers: { 'accept-encoding': 'identity', ...headers, ...(token && { authorization: `Bearer ${token}` }) },
    })
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw networkFault(overdue.signal.aborted ? new Error(`no answer within ${HEADERS_MS / 1000} s`) : error, url.host)
  } finally {
    clearTimeout(timer)
  }
}

async function follow(access: HubAccess, start: URL, options: Options): Promise<HubAnswer> {
  let url = start
  let etag: string | null = null
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const token = mayKnowToken(url, access.endpoint) ? access.token() : null
    const response = await fetchOnce(url, token, options)
    if (url.origin === access.endpoint.origin) {
      const { headers } = response
      etag = bare(headers.get('x-linked-etag') ?? (isRedirect(response) ? null : headers.get('etag'))) ?? etag
    }
    if (!isRedirect(response)) return { response, etag }
    await response.body?.cancel()
    url = redirectTarget(url, response)
  }
  throw fault('network', `${start.host} sends us in circles.`, { hint: 'Check HF_ENDPOINT.', retryable: true })
}

/** Seconds the server asks for, bounded; longer each time where it asks for none. */
function waitOf(response: Response | null, attempt: number): number {
  const asked = Number(response?.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(asked) && asked >= 0 ? Math.min(asked, LONGEST_WAIT_S) : 2 ** attempt / 2
}

/** The answer, or null where there was no network and it may be waited for. */
async function answerOrNull(access: HubAccess, url: URL, options: Options, last: boolean): Promise<HubAnswer | null> {
  try {
    return await follow(access, url, options)
  } catch (error) {
    const lost = error instanceof StudioError && error.data.code === 'network' && error.data.retryable
    if (lost && options.patient && !last) return null
    throw error
  }
}

/**
 * GET of an address below the endpoint, redirects followed. A busy server is asked again a few times; anything else but
 * 2xx (and `accepts`) comes out as a fault with its cure.
 */
export async function hubRequest(access: HubAccess, path: string, options: Options): Promise<HubAnswer> {
  const url = new URL(path, access.endpoint)
  const tries = options.patient ? PATIENT_TRIES : TRIES
  for (let attempt = 1; ; attempt++) {
    const answer = await answerOrNull(access, url, options, attempt === tries)
    const response = answer?.response ?? null
    if (answer && (answer.response.ok || options.accepts?.includes(answer.response.status))) return answer
    await response?.body?.cancel()
    if (response && (!isBusy(response) || attempt === tries))
      throw statusFault(response, access.endpoint.host, options.target, access.token() !== null)
    await pause(1000 * waitOf(response, attempt), undefined, { signal: options.signal })
  }
}

/** The body as JSON, at most `most` bytes of it. */
export async function readJson({ response }: HubAnswer, host: string, most: number): Promise<unknown> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of response.body ?? []) {
      bytes += part.length
      if (bytes > most) break
      parts.push(Buffer.from(part))
    }
    if (bytes <= most) return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch (error) {
    if (error instanceof StudioError) throw error
    if (!(error instanceof SyntaxError)) throw networkFault(error, host)
  }
  const got = bytes > most ? `more than ${most} bytes` : 'no JSON'
  throw fault('network', `${host} does not answer as the hub does: got ${got}.`, { hint: 'Check HF_ENDPOINT.' })
}
