import { promises } from 'node:fs'
import { extname } from 'node:path'
import { protocol, type Session } from 'electron'
import { PAGE_SCHEME } from '../../shared/bridge.ts'
import { fileOf } from './page-file.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** Nothing from anywhere but the page's own files; Mantine sets styles inline, charts are saved as blobs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'none'",
  "frame-src 'none'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

type Answer = { readonly status: number; readonly headers: Record<string, string>; readonly body: Buffer }

/** Before the app is ready: a real origin for the page (storage, strict same-origin rules). */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: PAGE_SCHEME, privileges: { standard: true, secure: true } }])
}

async function answer(address: string, root: string): Promise<Answer> {
  const headers = { 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff' }
  const file = fileOf(address, root)
  const body = file ? await promises.readFile(file).catch(() => null) : null
  if (!file || !body)
    return { status: 404, headers: { ...headers, 'content-type': 'text/plain' }, body: Buffer.from('') }
  return {
    status: 200,
    headers: { ...headers, 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' },
    body,
  }
}

/** Serves the built page under its own scheme, and refuses every other request of the window. */
export function servePage(session: Session, root: string): void {
  // Old Electrons (the one tests run in) know only the older of the two.
  if (typeof protocol.handle === 'function') {
    session.protocol.handle(PAGE_SCHEME, async ({ url }) => {
      const { status, headers, body } = await answer(url, root)
      return new Response(new Uint8Array(body), { status, headers })
    })
  } else {
    session.protocol.registerBufferProtocol(PAGE_SCHEME, (request, reply) => {
      void answer(request.url, root).then(({ status, headers, body }) =>
        reply({ statusCode: status, headers, mimeType: headers['content-type'] ?? '', charset: 'utf-8', data: body }),
      )
    })
  }
  const LOCAL = [`${PAGE_SCHEME}:`, 'devtools:', 'blob:', 'data:']
  session.webRequest.onBeforeRequest(({ url }, decide) =>
    decide({ cancel: !LOCAL.some((start) => url.startsWith(start)) }),
  )
}
