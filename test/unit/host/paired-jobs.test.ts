import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { CallInput } from '../../../shared/contract.ts'
import type { PairedJob } from '../../../shared/domain/paired-job.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { faultOf, makeConfig, openTestHost, type Script, setUp, waitForRun } from './studio.ts'

/** A finished run that has validation data, and an order to hold it against its base. */
async function ran(script: Script = {}) {
  const studio = await setUp({ steps: 2, ...script })
  const { host, config } = studio
  const { id: runId } = await host.call('runs.start', { ...config, validation_file: config.train_file })
  await waitForRun(host, runId)
  const order: CallInput<'paired.start'> = { a: { runId, base: true }, b: { runId }, split: 'validation' }
  const seen: PairedJob[] = []
  onTestFinished(host.on('paired.updated', (job) => void seen.push(job)))
  const at = (id: string) => seen.findLast((job) => job.id === id)
  const ended = (id: string) => expect.poll(() => at(id)?.status).not.toBe('running')
  return { ...studio, runId, order, seen, at, ended }
}

test('a paired evaluation tells how far it is, and its result stays in the host', async () => {
  const { host, order, seen, ended, at } = await ran({ askMs: 20 })
  const { id, status, examples, names } = await host.call('paired.start', order)
  expect({ status, examples, names }).toEqual({ status: 'running', examples: 2000, names: ['Base of test', 'test'] })
  await ended(id)
  const counts = seen.map(({ done, total }) => `${done}/${total}`)
  expect(counts).toEqual(expect.arrayContaining(['3/12', '6/12', '9/12', '12/12']))
  const done = seen.map((job) => job.done)
  expect(done).toEqual([...done].sort((a, b) => a - b))
  expect([...new Set(seen.map(({ phase }) => phase))]).toEqual([
    'Waiting for another comparison',
    'Loading Base of test',
    'Asking Base of test',
    'Loading test',
    'Asking test',
    null,
  ])
  expect(seen.some(({ secondsLeft }) => (secondsLeft ?? 0) > 0)).toBe(true)
  expect(at(id)?.result).toMatchObject({ examples: 6, rows: 6, steps: [null, 2], lossNote: null, reciprocalRank: null })
  expect(await host.call('paired.list', {})).toEqual([at(id)])
})

test('cancelled, its engine is gone and the next one has its turn', async () => {
  const { host, order, at, ended } = await ran({ askMs: 200 })
  const first = await host.call('paired.start', order)
  const second = await host.call('paired.start', { ...order, examples: 100 })
  expect(await host.call('paired.start', order)).toMatchObject({ id: first.id })
  await expect.poll(() => at(first.id)?.done).toBeGreaterThan(0)
  const engines = (process as unknown as { getActiveResourcesInfo(): string[] }).getActiveResourcesInfo
  const running = () => engines().filter((name) => name === 'ProcessWrap').length
  expect(running()).toBe(1)
  expect(await host.call('paired.cancel', { id: first.id })).toMatchObject({ status: 'cancelled', phase: null })
  await expect.poll(() => at(second.id)?.phase).toBe('Asking Base of test')
  expect(running()).toBe(1)
  await host.call('paired.cancel', { id: second.id })
  await ended(second.id)
  await expect.poll(running).toBe(0)
  expect(await host.call('paired.cancel', { id: first.id })).toMatchObject({ status: 'cancelled' })
  expect((await faultOf(() => host.call('paired.cancel', { id: 'none' }))).code).toBe('not-found')
})

test('one that waits is cancelled without an engine', async () => {
  const { host, order, at, seen, ended } = await ran({ askMs: 30 })
  const first = await host.call('paired.start', order)
  const waiting = await host.call('paired.start', { ...order, examples: 7 })
  await host.call('paired.cancel', { id: waiting.id })
  await ended(first.id)
  await delay(100)
  expect(at(first.id)?.status).toBe('finished')
  expect(seen.filter(({ id }) => id === waiting.id).map(({ phase }) => phase)).toEqual([
    'Waiting for another comparison',
    null,
  ])
})

test('what is wrong is told: at once where they cannot be compared, with the job where the engine finds it', async () => {
  const { host, order, runId, at, ended } = await ran({ askFails: true })
  const refused = (input: unknown) => faultOf(() => host.call('paired.start', input as typeof order))
  expect((await refused({ ...order, split: 'test' })).message).toContain('The run has no test_file')
  expect((await refused({ ...order, a: { runId: 'nobody' } })).code).toBe('not-found')
  expect((await refused({ ...order, examples: 4 })).details.join()).toMatch(/examples/)
  expect((await refused({ ...order, examples: 10_001 })).details.join()).toMatch(/examples/)
  expect(await host.call('paired.list', {})).toEqual([])
  const { id } = await host.call('paired.start', order)
  await ended(id)
  expect(at(id)).toMatchObject({ status: 'failed', error: { message: 'No such labels.' }, result: null })
  await host.call('runs.delete', { runId })
  expect(await host.call('paired.list', {})).toEqual([])
})

test('a host that closes ends the one at work', async () => {
  const folder = temporaryFolder()
  const host = await openTestHost(folder)
  const config = makeConfig(folder, { steps: 2, askMs: 500 })
  const { id: runId } = await host.call('runs.start', { ...config, validation_file: config.train_file })
  await waitForRun(host, runId)
  const seen: PairedJob[] = []
  host.on('paired.updated', (job) => void seen.push(job))
  await host.call('paired.start', { a: { runId, base: true }, b: { runId }, split: 'validation' })
  await expect.poll(() => seen.at(-1)?.total).toBe(12)
  await host.close()
  expect(seen.at(-1)?.status).toBe('cancelled')
})
