import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { startFront } from '../../../../main/host/front/server.ts'
import { MAX_MESSAGE_BYTES, type ServerMessage, serverMessageSchema } from '../../../../shared/wire.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { faultOf, makeConfig, openTestHost, waitForRun } from '../studio.ts'

async function setUp() {
  const folder = temporaryFolder()
  const root = join(folder, 'renderer')
  mkdirSync(join(root, 'assets'), { recursive: true })
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>page</title>')
  writeFileSync(join(root, 'assets', 'app-1a2b.js'), 'export {}')
  writeFileSync(join(root, '.secret'), 'hidden')
  writeFileSync(join(folder, 'outside.txt'), 'outside')
  symlinkSync(join(folder, 'outside.txt'), join(root, 'link.txt'))
  const host = await openTestHost(folder)
  const front = await startFront({ host, port: 0, root })
  onTestFinished(() => front.close())
  return { folder, host, front }
}

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }

/** `fetch` would normalise the path and forbid the Host header. */
function get(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

type Socket = { readonly socket: WebSocket; readonly messages: ServerMessage[]; readonly closed: Promise<number> }

/** Opens a socket, or rejects with the HTTP status it was refused with. */
function open(port: number, path: string, headers: Record<string, string> = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
    const messages: ServerMessage[] = []
    const closed = new Promise<number>((done) => socket.on('close', (code) => done(code)))
    socket.on('message', (data) => messages.push(serverMessageSchema.parse(JSON.parse(data.toString()))))
    socket.on('unexpected-response', (_request, response) => {
      reject(new Error(String(response.statusCode)))
      socket.terminate()
    })
    socket.on('error', () => {})
    socket.on('open', () => resolve({ socket, messages, closed }))
    onTestFinished(() => socket.terminate())
  })
}

test('the page is served without a token, never cached, under a strict policy', async () => {
  const { front } = await setUp()
  const { status, headers, body } = await get(front.port, '/')
  expect([status, body]).toEqual([200, '<!doctype html><title>page</title>'])
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  expect(headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self';.*frame-ancestors 'none'/)
  expect(front.url).toBe(`http://127.0.0.1:${front.port}/#token=${front.token}`)
})

test('assets have their type and may be kept', async () => {
  const { front } = await setUp()
  const { headers } = await get(front.port, '/assets/app-1a2b.js?x=1')
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
  })
  expect((await get(front.port, '/assets/app-1a2b.js', {}, 'HEAD')).body).toBe('')
})

test.each([
  '/../outside.txt',
  '/%2e%2e/outside.txt',
  '/..%2foutside.txt',
  '/assets/..%5c..%5coutside.txt',
  '/link.txt',
  '/.secret',
  '/assets',
  '/no.js',
  '/%',
  '/a%00b',
])('nothing outside the page is served: %s', async (path) => {
  const { front } = await setUp()
  expect((await get(front.port, path)).status).toBe(404)
})

test('only reading is allowed', async () => {
  const { front } = await setUp()
  expect((await get(front.port, '/', {}, 'POST')).status).toBe(405)
})

test('a foreign host name that points here is refused, a tunnel with another port is not', async () => {
  const { front } = await setUp()
  expect((await get(front.port, '/', { host: 'evil.example' })).status).toBe(403)
  expect((await get(front.port, '/', { host: 'localhost:9999' })).status).toBe(200)
  expect((await get(front.port, '/', { host: 'localhost.evil.example' })).status).toBe(403)
})

test('a page that is not built says what to do', async () => {
  const folder = temporaryFolder()
  const front = await startFront({ host: await openTestHost(folder), port: 0, root: join(folder, 'nothing') })
  onTestFinished(() => front.close())
  expect(await get(front.port, '/')).toMatchObject({ status: 503, body: expect.stringContaining('npm start') })
})

test('only this machine can connect', async () => {
  const { front } = await setUp()
  const refused = await new Promise<string>((resolve) => {
    const other = connect({ host: '127.0.0.2', port: front.port })
    other.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    other.on('connect', () => resolve('connected'))
  })
  expect(refused).toBe('ECONNREFUSED')
})

test('a socket with the token makes calls and gets events', async () => {
  const { front, host, folder } = await setUp()
  const { socket, messages } = await open(front.port, `/socket?token=${front.token}`, {
    origin: `http://127.0.0.1:${front.port}`,
  })
  socket.send(JSON.stringify({ id: 7, call: 'runs.start', input: makeConfig(folder) }))
  await expect
    .poll(() => messages.find((message) => 'id' in message))
    .toMatchObject({ id: 7, ok: true, output: { name: 'test' } })
  const [run] = await host.call('runs.list', {})
  await waitForRun(host, run?.id ?? '')
  await expect
    .poll(() => messages.flatMap((message) => ('event' in message ? [message.event] : [])))
    .toContain('metrics.appended')
})

test('a faulty call is answered with its error under its number', async () => {
  const { front } = await setUp()
  const { socket, messages } = await open(front.port, `/socket?token=${front.token}`)
  socket.send(JSON.stringify({ id: 1, call: 'runs.get', input: { runId: 'nobody' } }))
  socket.send(JSON.stringify({ id: 2, call: 'runs.explode', input: {} }))
  socket.send(JSON.stringify({ id: 3, call: 'runs.get', input: {} }))
  await expect.poll(() => messages.length).toBe(3)
  const codes = messages.flatMap((message) =>
    'id' in message && !message.ok ? [[message.id, message.error.code]] : [],
  )
  expect(codes.sort()).toEqual([
    [1, 'not-found'],
    [2, 'bad-config'],
    [3, 'bad-config'],
  ])
})

test.each([
  ['no token', '/socket', '401'],
  ['a wrong token', '/socket?token=wrong', '401'],
  ['an empty token', '/socket?token=', '401'],
  ['another path', '/elsewhere', '404'],
])('a socket with %s is refused', async (_what, path, status) => {
  const { front } = await setUp()
  await expect(open(front.port, path)).rejects.toThrow(status)
})

test('a socket of a foreign page or host name is refused even with the token', async () => {
  const { front } = await setUp()
  const path = `/socket?token=${front.token}`
  await expect(open(front.port, path, { origin: 'http://evil.example' })).rejects.toThrow('403')
  await expect(open(front.port, path, { origin: `https://127.0.0.1:${front.port}` })).rejects.toThrow('403')
  await expect(open(front.port, path, { origin: 'null' })).rejects.toThrow('403')
  await expect(open(front.port, path, { host: 'evil.example', origin: 'http://evil.example' })).rejects.toThrow('403')
})

test('an oversized message closes its socket and no other', async () => {
  const { front } = await setUp()
  const path = `/socket?token=${front.token}`
  const [big, other] = [await open(front.port, path), await open(front.port, path)]
  big.socket.send('x'.repeat(MAX_MESSAGE_BYTES + 1))
  expect(await big.closed).toBe(1009)
  other.socket.send(JSON.stringify({ id: 1, call: 'app.info', input: {} }))
  await expect.poll(() => other.messages.length).toBe(1)
})

test.each([
  ['text that is no JSON', 'hello'],
  ['binary data', Buffer.from([1, 2])],
])('%s closes the socket', async (_what, data) => {
  const { front } = await setUp()
  const { socket, closed } = await open(front.port, `/socket?token=${front.token}`)
  socket.send(data)
  expect(await closed).toBe(1007)
})

test('closing the front tells the pages', async () => {
  const { front } = await setUp()
  const { closed } = await open(front.port, `/socket?token=${front.token}`)
  await front.close()
  expect(await closed).toBe(1001)
})

test('a port in use is a fault with the cure', async () => {
  const { front, host } = await setUp()
  expect(await faultOf(() => startFront({ host, port: front.port }))).toMatchObject({
    code: 'conflict',
    hint: expect.stringContaining('--port'),
  })
})
