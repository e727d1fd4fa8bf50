import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream'
import { targetOf } from './gate.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.map': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** Scripts of our own files only; Mantine sets styles inline. `ws:` is named because older browsers do not count it as 'self'. */
function securityHeaders(host: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src 'self' ws://${host}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  }
}

/** The file a request path names, or null. Never outside `root`, never a hidden file, links resolved. */
async function resolveFile(root: string, requestPath: string): Promise<string | null> {
  let path: string
  try {
    path = decodeURIComponent(requestPath)
  } catch {
    return null
  }
  const parts = path.split('/').filter(Boolean)
  if (parts.some((part) => part.startsWith('.') || /[\\\0:]/.test(part))) return null
  try {
    const base = await realpath(root)
    const file = await realpath(join(base, ...(parts.length === 0 ? ['index.html'] : parts)))
    return file.startsWith(base + sep) && (await stat(file)).isFile() ? file : null
  } catch {
    return null
  }
}

function refuse(response: ServerResponse, status: number, text: string, headers: Record<string, string>): void {
  response.writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  response.end(`${text}\n`)
}

/** Serves one GET or HEAD from the built page; names with a hash in assets/ may be kept, the index never. */
export async function serveStatic(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = securityHeaders(request.headers.host ?? '')
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'Only GET and HEAD.', { ...headers, allow: 'GET, HEAD' })
  const pathname = targetOf(request)?.pathname
  const file = pathname === undefined ? null : await resolveFile(root, pathname)
  if (!file) {
    const unbuilt = pathname === '/'
    return refuse(
      response,
      unbuilt ? 503 : 404,
      unbuilt ? 'The page is not built yet: run npm start.' : 'Not found.',
      headers,
    )
  }
  const { size } = await stat(file)
  response.writeHead(200, {
    ...headers,
    'content-type': TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
    'content-length': size,
    'cache-control': pathname?.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-store',
  })
  if (request.method === 'HEAD') return void response.end()
  // A broken connection is the browser's affair; pipeline closes the file.
  pipeline(createReadStream(file), response, () => {})
}
