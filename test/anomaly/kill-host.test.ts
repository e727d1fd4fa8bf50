import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isAlive } from '../../main/host/process-identity.ts'
import { openStore } from '../../main/host/store/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { makeConfig, openTestHost, SCRIPTED_ENGINE, type Script, waitForRun } from '../unit/host/studio.ts'

const HOST = join(import.meta.dirname, 'host-process.ts')

async function startHost(
  folder: string,
  script: Script,
): Promise<{ child: ChildProcess; runId: string; dataFolder: string }> {
  const dataFolder = join(folder, 'data')
  const strip = process.features.typescript ? [] : ['--experimental-strip-types']
  const args = [...strip, HOST, dataFolder, SCRIPTED_ENGINE, JSON.stringify(makeConfig(folder, script))]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [data] = await once(child.stdout, 'data')
  return { child, runId: String(data).trim(), dataFolder }
}

/** Children of a process, as Linux lists them. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

async function waitForStep(dataFolder: string, runId: string, step: number): Promise<void> {
  const store = openStore(join(dataFolder, 'studio.sqlite'))
  await expect.poll(() => store.runs.summary(runId)?.step ?? 0).toBeGreaterThanOrEqual(step)
  store.close()
}

test('kill -9 of the host leaves a readable history, an interrupted run, and no engine', async () => {
  const folder = temporaryFolder()
  const { child, runId, dataFolder } = await startHost(folder, { steps: 200, delayMs: 5, checkpointEvery: 20 })
  await waitForStep(dataFolder, runId, 45)
  const engines = process.platform === 'linux' ? childrenOf(child.pid ?? 0) : []
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit

  const host = await openTestHost(folder)
  const run = await host.call('runs.get', { runId })
  expect(run).toMatchObject({ status: 'interrupted', resumable: true, phase: null })
  expect(run.endedAt).not.toBeNull()
  const [series] = await host.call('metrics.series', {
    runId,
    names: ['train_loss'],
    maxPoints: 5000,
    fromStep: null,
    toStep: null,
  })
  // Every step up to the last one known, none missing.
  expect(series?.points.map(({ step }) => step)).toEqual(Array.from({ length: run.step }, (_, index) => index + 1))
  for (const pid of engines) await expect.poll(() => isAlive({ pid, start: '' })).toBe(false)

  const resumed = await host.call('runs.resume', { runId })
  expect(resumed.step % 20).toBe(0)
  expect(await waitForRun(host, runId)).toMatchObject({ status: 'finished', step: 200 })
})

test('kill -9 of the engine interrupts its run with a suspicion, and the host trains the next one', async () => {
  const folder = temporaryFolder()
  const host = await openTestHost(folder)
  const { id } = await host.call('runs.start', makeConfig(folder, { steps: 100_000, delayMs: 2, checkpointEvery: 10 }))
  await expect.poll(async () => (await host.call('runs.get', { runId: id })).checkpoints.length).toBeGreaterThan(0)
  if (process.platform !== 'linux') return
  const engine = childrenOf(process.pid).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('scripted-engine'),
  )
  process.kill(engine ?? 0, 'SIGKILL')
  const ended = await waitForRun(host, id)
  expect(ended).toMatchObject({
    status: 'interrupted',
    resumable: true,
    error: { code: 'engine-died', message: expect.stringContaining('SIGKILL') },
  })
  const next = await host.call('runs.start', makeConfig(folder))
  expect(await waitForRun(host, next.id)).toMatchObject({ status: 'finished' })
})
