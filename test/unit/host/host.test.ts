import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { StudioEvent } from '../../../main/host/events.ts'
import { openStore } from '../../../main/host/store/store.ts'
import { CALLS, type CallName } from '../../../shared/contract.ts'
import { faultOf, makeConfig, openTestHost, type Script, temporaryFolder, waitForRun } from './studio.ts'

async function setUp(script: Script = {}) {
  const folder = temporaryFolder()
  const host = await openTestHost(folder)
  const events: StudioEvent[] = []
  host.subscribe((event) => void events.push(event))
  return { folder, host, events, config: makeConfig(folder, script) }
}

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

test('what an interrupted deletion left is swept at the next start', async () => {
  const folder = temporaryFolder()
  const left = join(folder, 'data', 'runs', 'old.deleted')
  mkdirSync(left, { recursive: true })
  await openTestHost(folder)
  expect(existsSync(left)).toBe(false)
})

test('closing the host stops its run with a checkpoint; it and those waiting are interrupted and resumable', async () => {
  const { host, config, folder } = await setUp({ steps: 100_000, delayMs: 2 })
  const { id } = await host.call('runs.start', config)
  const waiting = await host.call('runs.start', config)
  await waitForRun(host, id, ['running'])
  await host.close()
  const again = await openTestHost(folder)
  const detail = await again.call('runs.get', { runId: id })
  expect(detail).toMatchObject({ status: 'interrupted', resumable: true, error: null })
  expect(detail.checkpoints.at(-1)?.step).toBe(detail.step)
  expect(await again.call('runs.get', { runId: waiting.id })).toMatchObject({ status: 'interrupted', resumable: true })
})

test('a host closed by the news of a finished run leaves it finished', async () => {
  const { host, config, folder } = await setUp()
  const closed = new Promise<void>((resolve) => {
    host.on('run.updated', ({ status }) => status === 'finished' && void host.close().then(resolve))
  })
  const { id } = await host.call('runs.start', config)
  await closed
  expect((await (await openTestHost(folder)).call('runs.get', { runId: id })).status).toBe('finished')
})

test('at start, runs of dead hosts become interrupted and those of living ones stay', async () => {
  const folder = temporaryFolder()
  const config = makeConfig(folder)
  await (await openTestHost(folder)).close()
  const store = openStore(join(folder, 'data', 'studio.sqlite'))
  const add = (id: string, owner: { pid: number; start: string }) =>
    store.runs.insert({ id, config, versions: {}, createdAt: 1, owner })
  add('dead', { pid: process.pid, start: 'an earlier boot:1' })
  add('living', { pid: process.ppid, start: '' })
  store.runs.update('dead', { status: 'running' })
  store.runs.update('living', { status: 'running' })
  store.close()
  const host = await openTestHost(folder)
  expect((await host.call('runs.get', { runId: 'dead' })).status).toBe('interrupted')
  expect((await host.call('runs.get', { runId: 'living' })).status).toBe('running')
  expect(await faultOf(() => host.call('runs.stop', { runId: 'living', checkpoint: true }))).toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(String(process.ppid)),
  })
})

test('a host sees the runs of another host on the same folder, and waits for its turn', async () => {
  const folder = temporaryFolder()
  const config = makeConfig(folder, { steps: 60, delayMs: 5 })
  const [page, commandLine] = [await openTestHost(folder, { otherHostsPollMs: 20 }), await openTestHost(folder)]
  const { id } = await commandLine.call('runs.start', config)
  const own = await page.call('runs.start', config)
  expect(own.status).toBe('queued')
  expect(await waitForRun(page, id)).toMatchObject({ status: 'finished' })
  expect(await waitForRun(page, own.id)).toMatchObject({ status: 'finished' })
})

test('a merged model is exported from the last checkpoint, with its proof', async () => {
  const { host, config, folder, events } = await setUp()
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id)
  const target = join(folder, 'out')
  const job = await host.call('exports.start', { runId: id, kind: 'merged', folder: target })
  expect(job).toMatchObject({ status: 'running', step: 5, progress: 0 })
  await expect
    .poll(async () => (await host.call('exports.list', { runId: id }))[0])
    .toMatchObject({ status: 'finished', progress: 1, report: { proof: { topOneAgreement: 1 } } })
  expect(events.filter(({ event }) => event === 'export.updated').length).toBeGreaterThan(2)
  expect(
    (await faultOf(() => host.call('exports.start', { runId: id, kind: 'merged', folder: target }))).message,
  ).toContain('not empty')
})

test('an adapter from elsewhere is merged without a run, and one that does not fit keeps all its faults', async () => {
  const { host, config, folder, events } = await setUp()
  const base = config.model_name_or_path
  const [adapter, broken] = ['adapter', 'broken'].map((name) => {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'adapter_config.json'), '{}')
    return join(folder, name)
  }) as [string, string]
  const order = { base, adapter, folder: join(folder, 'out') }
  expect(await host.call('merges.start', order)).toMatchObject({ ...order, status: 'running', progress: 0 })
  await host.call('merges.start', { ...order, adapter: broken, folder: join(folder, 'other') })
  const jobs = () => host.call('merges.list', {})
  await expect.poll(async () => (await jobs()).map(({ status }) => status)).toEqual(['finished', 'failed'])
  expect((await jobs())[0]).toMatchObject({ progress: 1, report: { proof: { prompts: 8 } } })
  expect((await jobs())[1]).toMatchObject({ error: { code: 'bad-file', details: ['one', 'two'] } })
  expect(events.filter(({ event }) => event === 'merge.updated').length).toBeGreaterThan(4)
  const refused = async (changes: Partial<typeof order>) =>
    (await faultOf(() => host.call('merges.start', { ...order, folder: join(folder, 'new'), ...changes }))).message
  expect(await refused({ folder: order.folder })).toContain('not empty')
  expect(await refused({ adapter: folder })).toContain('has no adapter_config.json; wanted an adapter folder')
  expect(await refused({ base: join(folder, 'none') })).toContain(`base: ${join(folder, 'none')} does not exist`)
  expect(await refused({ base: 'model' })).toContain('not an absolute path')
})

test('an export that fails keeps its text', async () => {
  const { host, config, folder } = await setUp({ exportFails: true })
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id)
  await host.call('exports.start', { runId: id, kind: 'adapter', folder: join(folder, 'out') })
  await expect
    .poll(async () => (await host.call('exports.list', { runId: id }))[0])
    .toMatchObject({ status: 'failed', error: { code: 'disk' } })
})

test('an export is refused without a checkpoint, for a method without adapter, and onto a file', async () => {
  const { host, config, folder } = await setUp({ end: 'fail' })
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id)
  const order = { runId: id, kind: 'merged' as const, folder: join(folder, 'out') }
  expect((await faultOf(() => host.call('exports.start', order))).message).toContain('no checkpoint')
  const full = await host.call('runs.start', makeConfig(folder, {}, { method: 'full' }))
  await waitForRun(host, full.id)
  expect(
    (await faultOf(() => host.call('exports.start', { ...order, runId: full.id, kind: 'adapter' }))).message,
  ).toContain('trains no adapter')
  const file = join(folder, 'file')
  writeFileSync(file, 'x')
  expect(
    (await faultOf(() => host.call('exports.start', { ...order, runId: full.id, folder: file }))).message,
  ).toContain('is a file')
  expect(
    (await faultOf(() => host.call('exports.start', { ...order, runId: full.id, folder: 'out' }))).message,
  ).toContain('absolute')
})

test('what cannot be merged is told why before and when it is asked for', async () => {
  const { host, folder } = await setUp({})
  const { id } = await host.call('runs.start', makeConfig(folder, {}, { method: 'prefix' }))
  await waitForRun(host, id)
  const why =
    'Prefix tuning cannot be merged into the weights of the model: what it trains stands beside the text, and no weight can hold it.'
  const targets = await host.call('exports.targets', { runId: id })
  expect(targets.map(({ kind, reason }) => [kind, reason])).toEqual([
    ['merged', why],
    ['adapter', null],
  ])
  const order = { runId: id, kind: 'merged' as const, folder: join(folder, 'out') }
  expect((await faultOf(() => host.call('exports.start', order))).message).toBe(why)
})

test('a run being exported cannot be deleted', async () => {
  const { host, config, folder } = await setUp({ exportDelayMs: 300 })
  const { id } = await host.call('runs.start', config)
  await waitForRun(host, id)
  await host.call('exports.start', { runId: id, kind: 'adapter', folder: join(folder, 'out') })
  expect((await faultOf(() => host.call('runs.delete', { runId: id }))).message).toContain('being exported')
})

test('calls about a run that is not there say so, whichever they are', async () => {
  const { host, folder } = await setUp()
  const runId = 'nobody'
  const series = { runId, names: [], maxPoints: 10, fromStep: null, toStep: null }
  const inputs = {
    'runs.get': { runId },
    'runs.stop': { runId, checkpoint: true },
    'runs.resume': { runId },
    'runs.rename': { runId, name: 'x' },
    'runs.delete': { runId },
    'metrics.series': series,
    'exports.start': { runId, kind: 'merged', folder },
    'exports.list': { runId },
  }
  for (const [call, input] of Object.entries(inputs)) {
    expect(await host.dispatch(call, input), call).toMatchObject({ ok: false, error: { code: 'not-found' } })
  }
})

test('every call of the contract refuses input of a wrong shape before its handler runs', async () => {
  const { host } = await setUp()
  for (const name of Object.keys(CALLS) as CallName[]) {
    expect(await host.dispatch(name, 'text'), name).toMatchObject({
      ok: false,
      error: { code: 'bad-config', message: expect.stringContaining(name) },
    })
  }
})

test('unknown calls are refused, also those named like parts of every object', async () => {
  const { host } = await setUp()
  for (const name of ['runs.explode', 'constructor', '__proto__', 'toString']) {
    expect(await host.dispatch(name, {}), name).toMatchObject({ ok: false, error: { code: 'not-found' } })
  }
})

test('app.info, config.parse and config.format answer', async () => {
  const { host, config, folder } = await setUp()
  expect(await host.call('app.info', {})).toMatchObject({ dataFolder: join(folder, 'data') })
  const { yaml } = await host.call('config.format', config)
  expect(await host.call('config.parse', { yaml, folder: '/' })).toEqual(config)
})

test('doctor.report hands over what the Doctor prints', async () => {
  const folder = temporaryFolder()
  const doctorEntry = join(folder, 'doctor.mjs')
  const report = { checks: [], backend: 'portable', device: 'CPU', gflops: 1.5 }
  writeFileSync(doctorEntry, `console.log(${JSON.stringify(JSON.stringify(report))})`)
  const host = await openTestHost(folder, { doctorEntry })
  expect(await host.call('doctor.report', {})).toEqual(report)
})

test('demo.config is ready to start: absolute paths to files that are there', async () => {
  const { host } = await setUp()
  const config = await host.call('demo.config', {})
  for (const path of [config.model_name_or_path, config.train_file]) expect(existsSync(path), path).toBe(true)
})
