import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** A repository of the double; `lfs`: files kept on the CDN, as weights are on the real hub. */
export type DoubleRepo = {
  readonly files: Readonly<Record<string, Buffer | string>>
  readonly lfs?: readonly string[]
  readonly gated?: false | 'auto' | 'manual'
  readonly private?: boolean
  readonly license?: string
  readonly modelType?: string
  /** Branches and tags beside main, with their commits. */
  readonly revisions?: Readonly<Record<string, string>>
}

/** What goes wrong with the content of a file, by its path. */
export type Trouble = {
  /** Ends the connection after so many bytes of an answer, this often. */
  breakAfter?: number
  breaks?: number
  /** Answers with the whole file whatever Range says. */
  ignoresRange?: boolean
  /** Another content of the same length. */
  corrupt?: boolean
  /** ETag of the hub's answer, in place of the true one. */
  etag?: string
  /** Answers 429 (or another status) so often before it serves. */
  busy?: number
  busyStatus?: number
  /** Milliseconds between pieces of 64 kB. */
  slowMs?: number
}

export type Seen = {
  readonly server: 'hub' | 'cdn'
  readonly path: string
  readonly authorization: string | undefined
  readonly range: string | undefined
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')
const gitId = (data: Buffer): string => createHash('sha1').update(`blob ${data.length}\0`).update(data).digest('hex')
export const commitOf = (repo: string, revision = 'main'): string =>
  createHash('sha1').update(`${repo}@${revision}`).digest('hex')

async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

/**
 * A server that speaks the part of the hub's API the studio uses, as huggingface_hub 2.4 expects it: revision info, paged
 * tree listing, `resolve` with X-Repo-Commit, X-Linked-Etag and X-Linked-Size, redirects of large files to a CDN at
 * another origin (which must not see the token) and of small ones within the hub, X-Error-Code with refusals.
 */
export async function startHubDouble(repos: Readonly<Record<string, DoubleRepo>>, tokens: readonly string[] = []) {
  const seen: Seen[] = []
  const troubles = new Map<string, Trouble>()
  let pageSize = 1000

  const note = (server: Seen['server'], { url = '', headers }: IncomingMessage) =>
    seen.push({ server, path: url, authorization: headers.authorization, range: headers.range })

  async function send(
    response: ServerResponse,
    path: string,
    whole: Buffer,
    range: string | undefined,
    headers: Record<string, string>,
  ) {
    const trouble = troubles.get(path) ?? {}
    const data = trouble.corrupt ? Buffer.alloc(whole.length, 7) : whole
    const from = trouble.ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    if (from > 0 && from >= data.length)
      return response.writeHead(416, { 'content-range': `bytes */${data.length}` }).end()
    const part = data.subarray(from)
    const ranged: Record<string, string> =
      from > 0 ? { 'content-range': `bytes ${from}-${data.length - 1}/${data.length}` } : {}
    response.writeHead(from > 0 ? 206 : 200, {
      ...headers,
      ...ranged,
      'content-length': part.length,
      'accept-ranges': 'bytes',
    })
    const breaks = trouble.breakAfter !== undefined && (trouble.breaks ?? 1) > 0
    const sent = breaks ? part.subarray(0, trouble.breakAfter) : part
    if (breaks) trouble.breaks = (trouble.breaks ?? 1) - 1
    for (let at = 0; at < sent.length && !response.destroyed; at += 65_536) {
      response.write(sent.subarray(at, at + 65_536))
      await pause(trouble.slowMs ?? 0)
    }
    if (breaks) response.destroy()
    else response.end()
  }
  const cdn = await listen((request, response) => {
    note('cdn', request)
    const path = new URL(request.url ?? '', 'http://cdn').searchParams.get('path') ?? ''
    const [repo = '', file = ''] = path.split(':')
    const content = repos[repo]?.files[file]
    if (content === undefined) return response.writeHead(403).end()
    void send(response, file, Buffer.from(content), request.headers.range, { etag: '"of-the-cdn"' })
  })

  /** Null: the caller may read it. */
  function refusal(
    name: string,
    repo: DoubleRepo | undefined,
    { headers }: IncomingMessage,
    ofContent: boolean,
  ): [number, Record<string, string>] | null {
    const given = headers.authorization?.replace('Bearer ', '')
    if (given !== undefined && !tokens.includes(given))
      return [401, { 'x-error-message': 'Invalid credentials in Authorization header' }]
    const hidden = repo === undefined || (repo.private && given === undefined)
    if (hidden) return given === undefined ? [401, {}] : [404, { 'x-error-code': 'RepoNotFound' }]
    if (!ofContent || !repo.gated) return null
    if (given === undefined) return [401, { 'x-error-code': 'GatedRepo' }]
    return repo.gated === 'manual'
      ? [403, { 'x-error-code': 'GatedRepo', 'x-error-message': `Access to ${name} is restricted` }]
      : null
  }
  const entryOf = (repo: DoubleRepo, path: string) => {
    const data = Buffer.from(repo.files[path] ?? '')
    const entry = { type: 'file', path, size: data.length, oid: gitId(data) }
    // On the hub the git id of a large file is that of its pointer.
    return repo.lfs?.includes(path)
      ? {
          ...entry,
          oid: gitId(Buffer.from(`pointer ${path}`)),
          lfs: { oid: sha256(data), size: data.length, pointerSize: 134 },
        }
      : entry
  }
  const json = (response: ServerResponse, value: unknown, headers: Record<string, string> = {}) =>
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))

  function api(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const [, kind, name = '', verb, tail = ''] =
      /^\/api\/(models|datasets)\/(.+?)\/(revision|tree)\/([^/]+)$/.exec(url.pathname) ?? []
    const repo = repos[name]
    const refused = refusal(name, repo, request, false)
    if (refused || repo === undefined || kind === undefined)
      return void response.writeHead(refused?.[0] ?? 404, refused?.[1] ?? {}).end()
    const revision = decodeURIComponent(tail)
    const known: Record<string, string> = { main: commitOf(name), ...repo.revisions }
    const commit = known[revision] ?? Object.values(known).find((one) => one === revision)
    if (commit === undefined) return void response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end()
    if (verb === 'revision') {
      const { gated = false, license = null, modelType = null } = repo
      return void json(response, {
        id: name,
        sha: commit,
        private: repo.private ?? false,
        gated,
        cardData: { license },
        config: { model_type: modelType },
        tags: [],
      })
    }
    const deep = url.searchParams.get('recursive') === 'true'
    const paths = Object.keys(repo.files).filter((path) => deep || !path.includes('/'))
    const start = Number(url.searchParams.get('cursor') ?? 0)
    const more = new URL(url)
    more.searchParams.set('cursor', String(start + pageSize))
    const link: Record<string, string> = start + pageSize < paths.length ? { link: `<${more.href}>; rel="next"` } : {}
    json(
      response,
      paths.slice(start, start + pageSize).map((path) => entryOf(repo, path)),
      link,
    )
  }
  function resolveFile(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const [, cached, name = '', commit = '', path = ''] =
      /^\/(?:datasets\/)?(?:(api\/resolve-cache)\/)?(.+?)\/resolve\/([0-9a-f]{40})\/(.+)$/.exec(
        decodeURIComponent(url.pathname),
      ) ?? []
    const repo = repos[name]
    const refused = refusal(name, repo, request, true)
    if (refused || repo === undefined) return void response.writeHead(refused?.[0] ?? 404, refused?.[1] ?? {}).end()
    const content = repo.files[path]
    if (content === undefined) return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end()
    const trouble = troubles.get(path) ?? {}
    if ((trouble.busy ?? 0) > 0) {
      trouble.busy = (trouble.busy ?? 0) - 1
      return void response.writeHead(trouble.busyStatus ?? 429, { 'retry-after': '0' }).end()
    }
    const data = Buffer.from(content)
    const large = repo.lfs?.includes(path) ?? false
    const etag = trouble.etag ?? (large ? sha256(data) : gitId(data))
    const headers = { 'x-repo-commit': commit, 'x-linked-etag': `"${etag}"`, 'x-linked-size': String(data.length) }
    if (large) {
      const location = `http://127.0.0.1:${cdn.port}/blob?path=${encodeURIComponent(`${name}:${path}`)}&signature=secret`
      return void response.writeHead(302, { ...headers, location }).end()
    }
    if (cached === undefined)
      return void response
        .writeHead(307, { location: `/api/resolve-cache${url.pathname.replace('/datasets', '')}` })
        .end()
    void send(response, path, data, request.headers.range, { etag: `W/"${etag}"`, 'x-repo-commit': commit })
  }
  const hub = await listen((request, response) => {
    note('hub', request)
    const url = new URL(request.url ?? '/', `http://127.0.0.1:${hub.port}`)
    if (/^\/api\/(models|datasets)\//.test(url.pathname)) api(request, response, url)
    else resolveFile(request, response, url)
  })
  return {
    url: `http://127.0.0.1:${hub.port}`,
    seen,
    trouble: (path: string, trouble: Trouble) => void troubles.set(path, trouble),
    calm: () => troubles.clear(),
    pageSize: (size: number) => {
      pageSize = size
    },
    async stop() {
      for (const { server } of [hub, cdn]) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
}

export type HubDouble = Awaited<ReturnType<typeof startHubDouble>>
