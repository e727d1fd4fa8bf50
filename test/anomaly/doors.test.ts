import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { seededRandom } from '../../main/engine/random.ts'
import { CALLS, type CallName } from '../../shared/contract.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'
import { MAX_MESSAGE_BYTES } from '../../shared/wire.ts'
import { openPage, type Page, rawRequest, rawSocket, startStudio } from './doors.ts'
import { spoilBytes, spoilJson } from './fuzz/mutate.ts'

const atOnce = <T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)))

const answers = async (page: Page) => expect((await page.call('app.info', {})).ok).toBe(true)

test('a thousand pages at once are served, and leave nothing behind', async () => {
  const studio = await startStudio()
  await answers(await openPage(studio))
  const before = studio.holds()
  const pages = await atOnce(1000, () => openPage(studio))
  await Promise.all(pages.map(answers))
  for (const { socket } of pages) socket.terminate()
  await expect.poll(() => studio.holds().files).toBeLessThan(before.files + 10)
  expect(studio.holds().bytes - before.bytes).toBeLessThan(400e6)
  await answers(await openPage(studio))
})

test('a thousand strangers are all turned away while a page is served', async () => {
  const studio = await startStudio()
  const page = await openPage(studio)
  const wrong = { ...studio, token: 'x'.repeat(43) }
  const statuses = atOnce(1000, (i) => {
    const headers: Record<string, string> =
      i % 3 === 0 ? { origin: 'http://evil.example' } : i % 3 === 1 ? { host: 'evil.example' } : {}
    return openPage(i % 3 === 2 ? wrong : studio, headers).then(
      () => 'in',
      (error: Error) => error.message,
    )
  })
  await answers(page)
  expect([...new Set(await statuses)].sort()).toEqual(['401', '403'])
  await answers(page)
})

test('a flood of calls from one page is answered or refused, each of them, and other pages are served', async () => {
  const studio = await startStudio()
  const [flood, other] = [await openPage(studio), await openPage(studio)]
  const outcomes = atOnce(20_000, () => flood.call('runs.list', {}))
  await answers(other)
  const refused = (await outcomes).filter(({ ok }) => !ok)
  expect([...new Set(refused.map(({ error }) => error?.code))].filter((code) => code !== 'refused')).toEqual([])
  await answers(flood)
})

test('messages that are no calls end their own socket at most', async () => {
  const studio = await startStudio()
  const good = await openPage(studio)
  const random = seededRandom(1, 'messages')
  const sound = Buffer.from(JSON.stringify({ id: 1, call: 'runs.get', input: { runId: 'x' } }))
  for (let i = 0; i < 300; i++) {
    const { socket } = await openPage(studio)
    socket.on('error', () => {})
    const spoil = i % 2 ? spoilJson : spoilBytes
    for (let k = 0; k < 5; k++) socket.send(spoil(sound, random), { binary: random() < 0.2 })
    socket.close()
  }
  const huge = await openPage(studio)
  huge.socket.on('error', () => {})
  await expect(huge.call('config.parse', { yaml: 'x'.repeat(MAX_MESSAGE_BYTES), folder: '/' })).rejects.toThrow('1009')
  await answers(good)
})

test('bytes that are no HTTP, paths out of the page’s folder and half requests get nothing', async () => {
  const studio = await startStudio()
  const random = seededRandom(2, 'http')
  const sound = Buffer.from(
    `GET /../outside.txt HTTP/1.1\r\nHost: localhost:${studio.port}\r\nConnection: close\r\n\r\n`,
  )
  const half = await atOnce(300, async () => {
    const socket = await rawSocket(studio.port)
    socket.write('GET / HTTP/1.1\r\nHost: loc')
    return socket
  })
  for (const path of OUTSIDE) {
    const text = await rawRequest(studio.port, sound.toString().replace('/../outside.txt', path), 5_000)
    expect(text, path).toMatch(/^HTTP\/1\.1 (400|404) /)
    expect(text, path).not.toContain('\r\n\r\noutside')
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
    const socket = sound.toString().replace('/../outside.txt', path).replace('Connection: close', upgrade)
    expect(await rawRequest(studio.port, socket, 5_000), path).toMatch(/^HTTP\/1\.1 (400|404) /)
  }
  const answered = await atOnce(300, () => rawRequest(studio.port, spoilBytes(sound, random), 2_000))
  expect(answered.filter((text) => text.includes('\r\n\r\noutside'))).toEqual([])
  await answers(await openPage(studio))
  for (const socket of half) socket.destroy()
})

const OUTSIDE = [
  '/../outside.txt',
  '/..%2foutside.txt',
  '/%2e%2e/outside.txt',
  '/%2e%2e%2foutside.txt',
  '/..%5coutside.txt',
  '/....//outside.txt',
  '/%c0%ae%c0%ae/outside.txt',
  '/index.html/../../outside.txt',
  '//outside.txt',
  '/%00/../outside.txt',
  '/../data/studio.sqlite',
  '/../data/browser-token',
  '//[',
  'http://[/',
  '*',
]

/** One input with every field that a call knows; a call picks its own, and strict ones refuse the rest. */
const fields = {
  ...{
    runId: 'x',
    chatId: 'x',
    name: 'n',
    folder: '/nowhere',
    path: '/nowhere',
    text: '/now',
    files: true,
    kind: 'merged',
  },
  ...{
    step: null,
    names: ['train_loss'],
    maxPoints: 100,
    fromStep: null,
    toStep: 5,
    position: 1,
    tags: ['a'],
    notes: 'b',
  },
  ...{ yaml: 'r: 4', checkpoint: true, source: { runId: 'x' }, base: false, prompt: 'hello', options: {}, title: 't' },
  ...{ startAt: null, filters: [], output: '/nowhere/out', adapter: '/nowhere' },
}
const config = runConfigSchema.parse({ model_name_or_path: '/nowhere', train_file: '/nowhere.jsonl' })
/** Those that look at files in a process of their own for every sound question, or at the machine. */
const SLOW: readonly CallName[] = ['data.inspect', 'models.inspect', 'runs.preview', 'doctor.report', 'history.check']

test('no input of any call is answered with a fault of the studio’s own', { timeout: 300_000 }, async () => {
  const studio = await startStudio()
  const page = await openPage(studio)
  const random = seededRandom(3, 'calls')
  const own: string[] = []
  for (const name of Object.keys(CALLS) as CallName[]) {
    for (let i = 0; i < (SLOW.includes(name) ? 4 : 60); i++) {
      const sound = Buffer.from(JSON.stringify(i % 2 ? fields : config))
      const input: unknown = JSON.parse(spoilJson(sound, random).toString())
      const { error } = await page.call(name, input)
      if (error && (error.code === 'internal' || /\n\s+at /.test(error.message))) own.push(`${name}: ${error.message}`)
    }
  }
  expect(own).toEqual([])
  expect(existsSync('/nowhere')).toBe(false)
  await answers(page)
})
