import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CallInput } from '../../../shared/contract.ts'
import { faultOf, makeConfig, setUp, waitForRun } from './studio.ts'

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
  const order: CallInput<'merges.start'> = { base, adapter, folder: join(folder, 'out') }
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
  expect(await refused({ dtype: 'q8_0' })).toContain('q8_0 is for GGUF files, not for merged')
  writeFileSync(join(base, 'config.json'), '{"model_type": "phi3"}')
  expect(await refused({ kind: 'gguf', dtype: 'q8_0' })).toContain('and this is phi3')
  // Beyond what the engine reads, too, so that this is left to it.
  writeFileSync(join(base, 'config.json'), `{"model_type": "phi3", "note": "${'a'.repeat(2e7)}"}`)
  const given = { ...order, folder: join(folder, 'large'), kind: 'gguf', dtype: 'q8_0' } as const
  expect(await host.call('merges.start', given)).toMatchObject({ status: 'running' })
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
    ['gguf', why],
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
