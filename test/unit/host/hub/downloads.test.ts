import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commitOf } from '../../../hub/hub-double.ts'
import { faultOf, openTestHost } from '../studio.ts'
import { bytesOf, downloadEnd, MODEL, order, setUpHub } from './hub-studio.ts'

const READ = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']
const WEIGHTS = MODEL.files['model.safetensors'] as Buffer

async function fetchModel(name = 'org/tiny') {
  const parts = await setUpHub({ [name]: MODEL })
  const begun = await parts.host.call('downloads.start', order(name))
  const snapshot = join(parts.home, 'hub', `models--${name.replace('/', '--')}`, 'snapshots', commitOf(name))
  return { ...parts, begun, snapshot, repo: join(snapshot, '../..') }
}

test('what the hub has under a name is told before anything is fetched', async () => {
  const { host, hub } = await setUpHub({ 'org/tiny': { ...MODEL, gated: 'auto' } })
  const facts = await host.call('hub.look', { kind: 'model', repo: `${hub.url}/org/tiny/tree/main`, revision: null })
  expect(facts).toMatchObject({
    repo: 'org/tiny',
    commit: commitOf('org/tiny'),
    license: 'apache-2.0',
    gated: 'auto',
    modelType: 'llama',
    problem: null,
    folder: null,
  })
  expect(facts.files.map(({ path }) => path).sort()).toEqual(READ)
  expect(facts.files.every(({ present }) => !present)).toBe(true)
  expect(hub.seen.every(({ path }) => path.startsWith('/api/'))).toBe(true)
})

test('a model comes whole into the cache of huggingface_hub and is one of the studio’s models', async () => {
  const { host, begun, snapshot, repo, hub } = await fetchModel()
  expect(begun).toMatchObject({ status: 'queued', commit: commitOf('org/tiny'), receivedBytes: 0 })
  expect(await downloadEnd(host, begun.id)).toMatchObject({ status: 'finished', error: null, paths: [snapshot] })
  expect(readdirSync(snapshot).sort()).toEqual(READ)
  expect(WEIGHTS.equals(readFileSync(join(snapshot, 'model.safetensors')))).toBe(true)
  const sha256 = createHash('sha256').update(WEIGHTS).digest('hex')
  expect(readlinkSync(join(snapshot, 'model.safetensors'))).toBe(join('..', '..', 'blobs', sha256))
  expect(readFileSync(join(repo, 'refs/main'), 'utf8')).toBe(commitOf('org/tiny'))
  expect(readdirSync(join(repo, 'blobs')).filter((name) => name.includes('incomplete'))).toEqual([])
  expect((await host.call('models.list', {})).map(({ path }) => path)).toContain(snapshot)
  expect(hub.seen.some(({ path }) => /pytorch|onnx|README/.test(path))).toBe(false)
})

test('nothing is fetched twice: not what another tool has put there, not what an earlier download has', async () => {
  const { host, hub, home } = await setUpHub({ 'org/tiny': MODEL })
  const repo = join(home, 'hub/models--org--tiny')
  const snapshot = join(repo, 'snapshots', commitOf('org/tiny'))
  mkdirSync(join(repo, 'blobs'), { recursive: true })
  mkdirSync(snapshot, { recursive: true })
  writeFileSync(join(repo, 'blobs', createHash('sha256').update(WEIGHTS).digest('hex')), WEIGHTS)
  writeFileSync(join(repo, 'blobs/config'), MODEL.files['config.json'] as string)
  symlinkSync('../../blobs/config', join(snapshot, 'config.json'))
  const { id } = await host.call('downloads.start', order('org/tiny'))
  expect((await downloadEnd(host, id)).status).toBe('finished')
  const fetched = hub.seen.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path.split('/').at(-1))
  expect([...new Set(fetched)].sort()).toEqual(['tokenizer.json', 'tokenizer_config.json'])
  hub.seen.length = 0
  const again = await host.call('downloads.start', order('org/tiny'))
  expect((await downloadEnd(host, again.id)).status).toBe('finished')
  expect(hub.seen.filter(({ path }) => path.includes('/resolve/'))).toEqual([])
  expect(await host.call('downloads.list', {})).toHaveLength(1)
})

test('a connection that breaks is gone on with where it broke', async () => {
  const { host, hub } = await setUpHub({ 'org/tiny': MODEL })
  // Slowly: what has come and was not read yet when the connection broke would be lost.
  hub.trouble('model.safetensors', { breakAfter: 100_000, breaks: 2, slowMs: 150 })
  const { id } = await host.call('downloads.start', order('org/tiny'))
  expect((await downloadEnd(host, id)).status).toBe('finished')
  const ranges = hub.seen.filter(({ server }) => server === 'cdn').map(({ range }) => range)
  expect(ranges).toHaveLength(3)
  expect(ranges[0]).toBeUndefined()
  expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true)
})

test('a server that ignores Range is taken from the start, one that is busy is asked again', async () => {
  const { host, hub, home } = await setUpHub({ 'org/tiny': MODEL })
  hub.trouble('model.safetensors', { breakAfter: 100_000, breaks: 1, ignoresRange: true, busy: 2 })
  hub.trouble('tokenizer.json', { busy: 1, busyStatus: 503 })
  const { id } = await host.call('downloads.start', order('org/tiny'))
  expect((await downloadEnd(host, id)).status).toBe('finished')
  const file = join(home, 'hub/models--org--tiny/snapshots', commitOf('org/tiny'), 'model.safetensors')
  expect(WEIGHTS.equals(readFileSync(file))).toBe(true)
})

test.each([
  ['model.safetensors', { corrupt: true }, /its digest is [0-9a-f]{64}/],
  ['tokenizer_config.json', { corrupt: true }, /its digest is [0-9a-f]{40}/],
  ['model.safetensors', { etag: 'a'.repeat(64) }, /its ETag is a{64}/],
])('%s that is not what was listed (%o) makes no model', async (path, trouble, said) => {
  const { host, hub, home } = await setUpHub({ 'org/tiny': MODEL })
  hub.trouble(path, trouble)
  const { id } = await host.call('downloads.start', order('org/tiny'))
  const end = await downloadEnd(host, id)
  expect(end).toMatchObject({ status: 'failed', error: { code: 'bad-file', retryable: true } })
  expect(end.error?.message).toMatch(said)
  expect(existsSync(join(home, 'hub/models--org--tiny/snapshots'))).toBe(false)
  hub.calm()
  await host.call('downloads.resume', { id })
  expect((await downloadEnd(host, id)).status).toBe('finished')
})

test('a pause keeps what has come; going on asks for the rest alone', async () => {
  const { host, hub } = await setUpHub({ 'org/tiny': MODEL })
  hub.trouble('model.safetensors', { slowMs: 60 })
  const { id } = await host.call('downloads.start', order('org/tiny'))
  await expect
    .poll(async () => (await host.call('downloads.list', {}))[0]?.receivedBytes, { interval: 10 })
    .toBeGreaterThan(100_000)
  const paused = await host.call('downloads.pause', { id })
  expect(paused).toMatchObject({ status: 'paused', bytesPerSecond: null })
  expect(paused.receivedBytes).toBeGreaterThan(100_000)
  hub.calm()
  await host.call('downloads.resume', { id })
  expect((await downloadEnd(host, id)).status).toBe('finished')
  expect(hub.seen.findLast(({ server }) => server === 'cdn')?.range).toMatch(/^bytes=[1-9]/)
})

test('a download outlives its host and goes on in the next one', async () => {
  const { host, hub, folder } = await setUpHub({ 'org/tiny': MODEL })
  hub.trouble('model.safetensors', { slowMs: 60 })
  const { id } = await host.call('downloads.start', order('org/tiny'))
  await expect
    .poll(async () => (await host.call('downloads.list', {}))[0]?.receivedBytes, { interval: 10 })
    .toBeGreaterThan(100_000)
  await host.close()
  hub.calm()
  const next = await openTestHost(folder)
  expect(await next.call('downloads.list', {})).toMatchObject([{ id, status: 'interrupted' }])
  await next.call('downloads.takeUp', {})
  expect((await downloadEnd(next, id)).status).toBe('finished')
  expect(hub.seen.findLast(({ server }) => server === 'cdn')?.range).toMatch(/^bytes=[1-9]/)
})

test('taken off the list, a download leaves no half file; whole ones stay', async () => {
  const { host, hub, home } = await setUpHub({ 'org/tiny': MODEL })
  hub.trouble('model.safetensors', { slowMs: 60 })
  const { id } = await host.call('downloads.start', order('org/tiny'))
  await expect
    .poll(async () => (await host.call('downloads.list', {}))[0]?.phase, { interval: 10 })
    .toBe('model.safetensors')
  await host.call('downloads.remove', { id })
  expect(await host.call('downloads.list', {})).toEqual([])
  expect(readdirSync(join(home, 'hub/models--org--tiny/blobs')).every((name) => /^[0-9a-f]{40}$/.test(name))).toBe(true)
})

test('of a data set the chosen files are fetched and are the studio’s data', async () => {
  const files = {
    'README.md': 'x',
    'data/train.jsonl': '{"text":"a"}\n',
    'data/test.parquet': bytesOf(100),
    'state.json': '{}',
    'run.py': 'x',
  }
  const { host, hub, home } = await setUpHub({ 'org/rows': { files, lfs: ['data/test.parquet'] } })
  hub.pageSize(2)
  const look = { kind: 'dataset', repo: 'https://huggingface.co/datasets/org/rows', revision: null } as const
  const facts = await host.call('hub.look', look)
  expect(facts.files.map(({ path }) => path).sort()).toEqual(['data/test.parquet', 'data/train.jsonl'])
  expect((await faultOf(() => host.call('downloads.start', order('org/rows', 'dataset')))).message).toContain('No file')
  expect((await faultOf(() => host.call('downloads.start', order('org/rows', 'dataset', ['../x'])))).code).toBe(
    'not-found',
  )
  const { id } = await host.call('downloads.start', order('org/rows', 'dataset', ['data/train.jsonl']))
  const file = join(home, 'hub/datasets--org--rows/snapshots', commitOf('org/rows'), 'data/train.jsonl')
  expect((await downloadEnd(host, id)).paths).toEqual([file])
  expect(lstatSync(file).isSymbolicLink()).toBe(true)
  expect((await host.call('data.list', {})).map(({ path }) => path)).toContain(file)
})

const { 'model.safetensors': _weights, ...PICKLED } = MODEL.files
const { 'tokenizer.json': _tokenizer, ...UNTOKENISED } = MODEL.files

test.each([
  ['pickle alone', { ...MODEL, files: PICKLED }, /pickle files .* only/, /refs\/pr\/1/],
  ['no tokenizer.json', { ...MODEL, files: UNTOKENISED }, /no tokenizer.json/, /fast tokenizer/],
  [
    'an adapter',
    { files: { 'adapter_config.json': '{}', 'adapter_model.safetensors': 'x' } },
    /is an adapter/,
    /merge/,
  ],
  [
    'a shard too few',
    { files: { ...PICKLED, 'model-00001-of-00002.safetensors': 'x', 'model.safetensors.index.json': '{}' } },
    /1 of 2 weight files/,
    /revision/,
  ],
])('%s is refused before the download, with the cure', async (_name, repo, said, cure) => {
  const { host } = await setUpHub({ 'org/odd': repo })
  const { problem } = await host.call('hub.look', { kind: 'model', repo: 'org/odd', revision: null })
  expect(problem?.message).toMatch(said)
  expect(problem?.hint).toMatch(cure)
  expect((await faultOf(() => host.call('downloads.start', order('org/odd')))).message).toMatch(said)
  expect(await host.call('downloads.list', {})).toEqual([])
})

test('a name, a revision and an address that are none are told as such', async () => {
  const { host } = await setUpHub({ 'org/tiny': MODEL })
  const look = (repo: string, revision: string | null = null) =>
    faultOf(() => host.call('hub.look', { kind: 'model', repo, revision }))
  expect(await look('org/none')).toMatchObject({ code: 'not-found', hint: expect.stringContaining('private') })
  expect((await look('org/tiny', 'v9')).message).toBe('org/tiny has no revision v9.')
  expect((await look('https://example.org/org/tiny')).message).toContain('names no repository')
  expect((await look('../../etc')).code).toBe('bad-config')
  expect((await look('org/tiny', '../x')).message).toContain('no revision')
})

test('without a network there is a text and no waiting', async () => {
  const { host, hub } = await setUpHub({ 'org/tiny': MODEL })
  await hub.stop()
  const started = Date.now()
  const { code, message, hint } = await faultOf(() =>
    host.call('hub.look', { kind: 'model', repo: 'org/tiny', revision: null }),
  )
  expect([code, message]).toEqual(['network', expect.stringMatching(/cannot be reached \(ECONNREFUSED\)/)])
  expect(hint).toContain('HTTPS_PROXY')
  expect(Date.now() - started).toBeLessThan(5_000)
})
