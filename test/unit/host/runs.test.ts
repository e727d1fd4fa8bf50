import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { faultOf, setUp, waitForRun } from './studio.ts'

test('a run goes from queued to finished and its history is complete', async () => {
  const { host, config, events } = await setUp({ steps: 20, checkpointEvery: 10 })
  const started = await host.call('runs.start', config)
  expect(started.id).toMatch(/^\d{8}-\d{6}-[a-z0-9]{4}$/)
  const run = await waitForRun(host, started.id)
  expect(run).toMatchObject({
    status: 'finished',
    step: 20,
    totalSteps: 20,
    trainLoss: 1 / 20,
    evalLoss: 0.5,
    testAccuracy: 0.75,
    phase: null,
    error: null,
    resumable: false,
  })
  const detail = await host.call('runs.get', { runId: run.id })
  expect(detail).toMatchObject({ config, plan: { modelHash: 'm' }, versions: { engine: '1', node: process.version } })
  expect(detail.checkpoints.map(({ step }) => step)).toEqual([10, 20])
  expect(readFileSync(join(detail.folder, 'run.yaml'), 'utf8')).toContain('run_name: test')
  const statuses = events.flatMap((event) => (event.event === 'run.updated' ? [event.payload.status] : []))
  expect([...new Set(statuses)]).toEqual(['queued', 'preparing', 'running', 'finished'])
})

test('metrics are in the store before they are published', async () => {
  const { host, config } = await setUp({ steps: 30, delayMs: 5 })
  const { id } = await host.call('runs.start', config)
  const query = { runId: id, names: ['train_loss' as const], maxPoints: 100, fromStep: null, toStep: null }
  const checks: Promise<void>[] = []
  host.on('metrics.appended', ({ rows }) => {
    const last = rows.findLast(({ name }) => name === 'train_loss')?.step
    if (last === undefined) return
    checks.push(
      host
        .call('metrics.series', query)
        .then(([series]) => expect(series?.points.map(({ step }) => step)).toContain(last)),
    )
  })
  await waitForRun(host, id)
  expect(checks.length).toBeGreaterThan(0)
  await Promise.all(checks)
})

test('trajectories come back as one series a module', async () => {
  const { host, config } = await setUp()
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id)
  const series = await host.call('metrics.series', {
    runId: id,
    names: [],
    maxPoints: 10,
    fromStep: null,
    toStep: null,
  })
  expect(series.find(({ name }) => name === 'delta_d')).toMatchObject({
    module: 'layers.0.q_proj',
    points: expect.arrayContaining([expect.objectContaining({ step: 5, value: 0.05, min: 0.05, max: 0.05 })]),
  })
})

test('a configuration that cannot run leaves no row and no folder', async () => {
  const { host, config, folder } = await setUp()
  expect(await faultOf(() => host.call('runs.start', { ...config, train_file: '/nowhere.jsonl' }))).toMatchObject({
    code: 'bad-config',
  })
  expect(await faultOf(() => host.call('runs.start', { ...config, r: 0 }))).toMatchObject({
    details: ['r: got 0, wanted at least 1.'],
  })
  expect(await host.call('runs.list', {})).toEqual([])
  expect(existsSync(join(folder, 'data', 'runs'))).toBe(true)
})

test('a failure of the engine is kept with its text', async () => {
  const { host, config } = await setUp({ end: 'fail' })
  const { id } = await host.call('runs.start', config)
  expect(await waitForRun(host, id)).toMatchObject({
    status: 'failed',
    error: { code: 'diverged', message: 'train_loss is NaN at step 3.' },
  })
})

test('a run whose engine died goes on from its last checkpoint and overwrites replayed steps', async () => {
  const { host, config } = await setUp({ steps: 7, checkpointEvery: 5, end: 'exit' })
  const { id } = await host.call('runs.start', config)
  expect(await waitForRun(host, id)).toMatchObject({
    status: 'interrupted',
    step: 7,
    resumable: true,
    error: { code: 'engine-died' },
  })
  expect(await host.call('runs.resume', { runId: id })).toMatchObject({ step: 5, error: null })
  await waitForRun(host, id)
  const [series] = await host.call('metrics.series', {
    runId: id,
    names: ['train_loss'],
    maxPoints: 100,
    fromStep: null,
    toStep: null,
  })
  expect(series?.points.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test('a run without its checkpoint folders cannot be resumed', async () => {
  const { host, config } = await setUp({ steps: 6, checkpointEvery: 5, end: 'exit' })
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id)
  rmSync(join((await host.call('runs.get', { runId: id })).folder, 'checkpoint-5'), { recursive: true })
  expect(await faultOf(() => host.call('runs.resume', { runId: id }))).toMatchObject({ code: 'not-found' })
})

test('a finished run cannot be resumed or stopped', async () => {
  const { host, config } = await setUp()
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id)
  expect((await faultOf(() => host.call('runs.resume', { runId: id }))).code).toBe('conflict')
  expect((await faultOf(() => host.call('runs.stop', { runId: id, checkpoint: true }))).code).toBe('conflict')
})

test('a stop leaves a checkpoint and a resumable run', async () => {
  const { host, config } = await setUp({ steps: 100_000, delayMs: 2 })
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id, ['running'])
  expect((await host.call('runs.stop', { runId: id, checkpoint: true })).status).toBe('stopping')
  expect(await waitForRun(host, id)).toMatchObject({ status: 'stopped', resumable: true, error: null })
})

test('a second stop ends an engine that does not answer', async () => {
  const { host, config } = await setUp({ steps: 5, end: 'hang', ignoreStop: true })
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id, ['running'])
  await host.call('runs.stop', { runId: id, checkpoint: true })
  await host.call('runs.stop', { runId: id, checkpoint: false })
  expect(await waitForRun(host, id)).toMatchObject({
    status: 'stopped',
    resumable: false,
    error: { code: 'engine-died' },
  })
})

test('runs queue behind each other; a waiting one can be stopped', async () => {
  const { host, config } = await setUp({ steps: 50, delayMs: 5 })
  const first = await host.call('runs.start', config)
  const second = await host.call('runs.start', config)
  const third = await host.call('runs.start', config)
  expect(second.status).toBe('queued')
  expect(await host.call('runs.stop', { runId: second.id, checkpoint: false })).toMatchObject({
    status: 'stopped',
    step: 0,
  })
  await waitForRun(host, first.id)
  expect(await waitForRun(host, third.id)).toMatchObject({ status: 'finished' })
  const [a, c] = [await host.call('runs.get', { runId: first.id }), await host.call('runs.get', { runId: third.id })]
  expect(c.startedAt ?? 0).toBeGreaterThanOrEqual(a.endedAt ?? Number.POSITIVE_INFINITY)
})

test('twins are queued together, in their order, alike but for the method', async () => {
  const { host, config } = await setUp({ steps: 5 })
  const [lora, dora] = await host.call('runs.startTwins', { config, methods: ['lora', 'dora'] })
  expect([lora?.name, dora?.name]).toEqual([`${config.run_name} (LoRA)`, `${config.run_name} (DoRA)`])
  expect([lora?.queuePosition, dora?.queuePosition]).toEqual([null, 1])
  expect(lora?.twins).not.toBeNull()
  expect(dora?.twins).toBe(lora?.twins)
  await waitForRun(host, dora?.id ?? '')
  const [first, second] = [
    await host.call('runs.get', { runId: lora?.id ?? '' }),
    await host.call('runs.get', { runId: dora?.id ?? '' }),
  ]
  expect([first.status, second.status]).toEqual(['finished', 'finished'])
  expect(second.startedAt ?? 0).toBeGreaterThanOrEqual(first.endedAt ?? Number.POSITIVE_INFINITY)
  const { method: _m, run_name: _n, ...rest } = first.config
  expect(second.config).toMatchObject(rest)
  expect((await host.call('runs.start', config)).twins).toBeNull()
})

test('twins that cannot start leave nothing behind', async () => {
  const { host, config } = await setUp()
  const call = (change: object) => () =>
    host.call('runs.startTwins', { config: { ...config, ...change }, methods: ['lora', 'dora'] })
  expect((await faultOf(call({ train_file: '/none.jsonl' }))).details).toEqual([
    'train_file: /none.jsonl does not exist.',
  ])
  expect((await faultOf(call({ adapter_name_or_path: '/a' }))).code).toBe('bad-config')
  expect(await host.call('runs.list', {})).toEqual([])
})

test('a run is renamed, and deleted with all it wrote once it is at rest', async () => {
  const { host, config, events } = await setUp({ steps: 100_000, delayMs: 2 })
  const { id } = await host.call('runs.start', config)
  expect(await host.call('runs.rename', { runId: id, name: '  better  ' })).toMatchObject({ name: 'better' })
  expect((await faultOf(() => host.call('runs.delete', { runId: id }))).code).toBe('conflict')
  await host.call('runs.stop', { runId: id, checkpoint: true })
  await waitForRun(host, id)
  const { folder } = await host.call('runs.get', { runId: id })
  expect(await host.call('runs.delete', { runId: id })).toEqual({})
  expect(existsSync(folder)).toBe(false)
  expect(await host.call('runs.list', {})).toEqual([])
  expect(events).toContainEqual({ event: 'run.deleted', payload: { runId: id } })
})
