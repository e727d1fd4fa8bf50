import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../../main/host/store/store.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { faultOf, makeConfig, openTestHost, setUp, waitForRun } from './studio.ts'

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
