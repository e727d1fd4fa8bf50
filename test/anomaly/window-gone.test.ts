import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { makeConfig, openTestHost } from '../unit/host/studio.ts'
import { forkHost } from './fork-host.ts'

test('a host whose window is gone stops its run with a checkpoint before it leaves', async () => {
  const folder = temporaryFolder()
  const { child, call } = forkHost(join(folder, 'data'))
  const { id: runId } = await call('runs.start', makeConfig(folder, { steps: 100_000, delayMs: 5 }))
  await expect.poll(async () => (await call('runs.get', { runId })).step).toBeGreaterThan(0)
  const left = once(child, 'exit')
  child.disconnect()
  expect(await left).toEqual([0, null])

  const host = await openTestHost(folder)
  const run = await host.call('runs.get', { runId })
  expect(run).toMatchObject({ status: 'interrupted', resumable: true, error: null })
  expect(run.checkpoints.map(({ step }) => step)).toEqual([run.step])
})
