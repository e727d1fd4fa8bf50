import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../temporary-folder.ts'
import { faultOf, makeConfig, openTestHost, waitForRun } from './studio.ts'

async function setUp() {
  const folder = temporaryFolder()
  return { folder, host: await openTestHost(folder), config: makeConfig(folder, { steps: 6, checkpointEvery: 5 }) }
}

test('models and data of a run are remembered after those that came with the studio, and can be forgotten', async () => {
  const { host, config } = await setUp()
  const before = await host.call('models.list', {})
  expect(before.every(({ shipped, exists }) => shipped && exists)).toBe(true)
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id)
  const own = { path: config.model_name_or_path, shipped: false, exists: true }
  expect(await host.call('models.list', {})).toEqual([...before, own])
  expect((await host.call('data.list', {})).map(({ path }) => path)).toContain(config.train_file)
  expect(await host.call('models.remove', { path: own.path })).toEqual(before)
})

test('what is no model folder or data file is not added', async () => {
  const { host, config } = await setUp()
  expect((await faultOf(() => host.call('models.add', { path: config.train_file }))).message).toContain('is a file')
  expect((await faultOf(() => host.call('data.add', { path: '/no/such.jsonl' }))).code).toBe('not-found')
  expect((await faultOf(() => host.call('data.add', { path: 'rows.jsonl' }))).message).toContain('absolute')
})

test('a look at a model is asked of an engine once, and again when the files change', async () => {
  const { host, config } = await setUp()
  const look = async () => (await host.call('models.inspect', { folder: config.model_name_or_path })).bytes
  const first = await look()
  expect(await look()).toBe(first)
  utimesSync(join(config.model_name_or_path, 'config.json'), 1, 1)
  expect(await look()).not.toBe(first)
})

test('an engine that dies while it looks is told as such', async () => {
  const { host, config } = await setUp()
  const question = { file: config.train_file, model: null, validationFile: null, columns: {} }
  const look = () =>
    host.call('data.inspect', {
      ...question,
      taskType: 'CAUSAL_LM',
      problemType: 'regression',
      promptTemplate: 'auto',
      trainOnInputs: false,
      maxSeqLength: 64,
    })
  expect((await faultOf(look)).code).toBe('engine-died')
})

test('a preview tells the time by what the engine measured of the machine', async () => {
  const { host, config } = await setUp()
  const { plan, estimate } = await host.call('runs.preview', config)
  expect(plan).toMatchObject({ steps: 4 })
  expect(estimate).toMatchObject({ fromRun: null, tokensPerSecond: expect.closeTo(400 / 10 / 1.5, -2) })
})

test('what would make a run fit is asked of an engine, with the limit, and told with its time', async () => {
  const { host, config } = await setUp()
  const { limit, alone, together } = await host.call('runs.fit', { config, limit: 4 })
  expect(limit).toBe(4)
  expect(together).toBeNull()
  expect(alone).toMatchObject([
    { kinds: ['batch'], changes: { per_device_train_batch_size: 4, gradient_accumulation_steps: 2 }, fits: true },
  ])
  expect(alone[0]?.seconds).toBeGreaterThan(1)
  expect((await faultOf(() => host.call('runs.fit', { config, limit: 0 }))).code).toBe('bad-config')
})

test('a path is completed by folders and data files, folders first', async () => {
  const { host, folder } = await setUp()
  mkdirSync(join(folder, 'more'))
  for (const name of ['mine.jsonl', 'mine.png', '.mine.jsonl']) writeFileSync(join(folder, name), '')
  const suggest = async (text: string, files: boolean) =>
    (await host.call('paths.suggest', { text, files })).entries.map(({ path }) => path)
  expect(await suggest(join(folder, 'm'), true)).toEqual([
    join(folder, 'model/'),
    join(folder, 'more/'),
    join(folder, 'mine.jsonl'),
  ])
  expect(await suggest(`${folder}/MO`, false)).toEqual([join(folder, 'model/'), join(folder, 'more/')])
  expect(await suggest('/no/such/folder/', true)).toEqual([])
})

test('tags and notes are kept, without doubles', async () => {
  const { host, config } = await setUp()
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id)
  await host.call('runs.describe', { runId: id, tags: ['paper', 'paper', 'old'], notes: 'Try r = 8.' })
  expect(await host.call('runs.get', { runId: id })).toMatchObject({ tags: ['paper', 'old'], notes: 'Try r = 8.' })
  expect((await host.call('runs.size', { runId: id })).bytes).toBeGreaterThan(100)
})

test('waiting runs know their place, can be moved, and close up when one leaves', async () => {
  const { host, folder } = await setUp()
  const slow = makeConfig(folder, { steps: 100_000, delayMs: 5 })
  const [busy, ...waiting] = [
    await host.call('runs.start', slow),
    await host.call('runs.start', slow),
    await host.call('runs.start', slow),
    await host.call('runs.start', slow),
  ].map(({ id }) => id)
  const places = async () => {
    const runs = await host.call('runs.list', {})
    return waiting.map((id) => runs.find((run) => run.id === id)?.queuePosition)
  }
  expect(await places()).toEqual([1, 2, 3])
  await host.call('runs.reorder', { runId: waiting[2] ?? '', position: 1 })
  expect(await places()).toEqual([2, 3, 1])
  await host.call('runs.stop', { runId: waiting[0] ?? '', checkpoint: false })
  expect(await places()).toEqual([null, 2, 1])
  expect((await faultOf(() => host.call('runs.reorder', { runId: busy ?? '', position: 1 }))).code).toBe('conflict')
})

test('an export takes the best checkpoint unless another is chosen', async () => {
  const { host, folder, config } = await setUp()
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id)
  expect((await host.call('runs.get', { runId: id })).checkpoints).toMatchObject([
    { step: 5, best: true },
    { step: 6, best: false },
  ])
  const order = { runId: id, kind: 'merged' as const, folder: join(folder, 'out') }
  expect((await host.call('exports.start', order)).step).toBe(5)
  expect((await host.call('exports.start', { ...order, folder: join(folder, 'out-2'), step: 6 })).step).toBe(6)
  expect((await faultOf(() => host.call('exports.start', { ...order, step: 4 }))).code).toBe('not-found')
  expect(await host.call('exports.targets', { runId: id })).toMatchObject([
    { kind: 'merged', bytes: 2, reason: null, sizes: [{ dtype: null }, { dtype: 'float32', bytes: 3600 }, {}, {}] },
    { kind: 'adapter', reason: null },
    {
      kind: 'gguf',
      reason: null,
      sizes: [{}, { dtype: 'float32', bytes: 3600 }, {}, {}, { dtype: 'q8_0', bytes: 957 }],
    },
  ])
})
