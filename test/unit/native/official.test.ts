import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkSha256, download, officialUrls } from '../../../main/native/official.ts'
import { OFFICIAL_BUILDS } from '../../../main/native/pins.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const body = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
const newFile = (): string => join(temporaryFolder(), 'library.tar.gz')
const nothing = (): void => {}

/** A server that knows ranges; answers its address and the ranges it was asked for. */
async function serve(): Promise<{ url: string; ranges: (string | undefined)[] }> {
  const ranges: (string | undefined)[] = []
  const server = createServer((request, response) => {
    ranges.push(request.headers.range)
    if (request.url === '/missing') return response.writeHead(404).end()
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    if (from >= body.length) return response.writeHead(416).end()
    return response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length - from }).end(body.subarray(from))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}`, ranges }
}

test('a download arrives whole and tells how far it is', async () => {
  const { url } = await serve()
  const file = newFile()
  const seen: (number | null)[] = []
  await download(`${url}/x`, file, (_, fraction) => seen.push(fraction))
  expect(readFileSync(file).equals(body)).toBe(true)
  expect(seen.at(-1)).toBe(1)
})

test('a broken download goes on where it stopped', async () => {
  const { url, ranges } = await serve()
  const file = newFile()
  writeFileSync(`${file}.part`, body.subarray(0, 40_000))
  await download(`${url}/x`, file, nothing)
  expect(ranges).toEqual(['bytes=40000-'])
  expect(readFileSync(file).equals(body)).toBe(true)
  expect(existsSync(`${file}.part`)).toBe(false)
})

test('a download that was complete before it was renamed is not fetched again', async () => {
  const { url } = await serve()
  const file = newFile()
  writeFileSync(`${file}.part`, body)
  await download(`${url}/x`, file, nothing)
  expect(readFileSync(file).equals(body)).toBe(true)
})

test('an answer other than success and a host that is not there are errors with the reason', async () => {
  const { url } = await serve()
  await expect(download(`${url}/missing`, newFile(), nothing)).rejects.toThrow('404')
  await expect(download('http://127.0.0.1:1/x.tar.gz', newFile(), nothing)).rejects.toThrow(
    'x.tar.gz: cannot be reached',
  )
})

test('a file with another SHA-256 is deleted and both values are named', async () => {
  const file = newFile()
  writeFileSync(file, body)
  const right = createHash('sha256').update(body).digest('hex')
  await checkSha256(file, right)
  await expect(checkSha256(file, '0'.repeat(64))).rejects.toThrow(right)
  expect(existsSync(file)).toBe(false)
})

test('addresses are built from what the package says about itself', () => {
  const binary = { host: 'https://example.org/builds', remote_path: './napi-v{napi_build_version}/{version}/' }
  const build = OFFICIAL_BUILDS['linux-x64']
  if (!build) throw new Error('linux-x64 has no official build')
  expect(officialUrls(binary, '4.22.0', build)).toEqual({
    library: 'https://example.org/tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz',
    addon: 'https://example.org/builds/napi-v8/4.22.0/CPU-linux-4.22.0.tar.gz',
  })
})
