import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { historyFile } from '../../../main/host/folders.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { faultOf, makeConfig, openTestHost, waitForRun } from './studio.ts'

const historyEntry = join(import.meta.dirname, '../../../main/host/history-process.ts')

async function withOneRun() {
  const folder = temporaryFolder()
  const host = await openTestHost(folder, { historyEntry })
  const { id } = await host.call('runs.start', makeConfig(folder, { steps: 6, checkpointEvery: 3 }))
  await waitForRun(host, id)
  return { folder, host, id, file: historyFile(join(folder, 'data')) }
}

test('a sound history is told with its size and its runs, while it is in use', async () => {
  const { host, file } = await withOneRun()
  expect(await host.call('history.check', {})).toMatchObject({
    file,
    runs: 1,
    complaints: [],
    backups: [],
    damaged: [],
  })
  expect(await host.call('app.info', {})).toMatchObject({ repaired: null })
})

test('a history whose log was deleted a moment ago is put back before it is looked at', async () => {
  const { host, file } = await withOneRun()
  rmSync(`${file}-wal`)
  expect(await host.call('history.check', {})).toMatchObject({ runs: 1, complaints: [] })
})

test('a history that was lost is refused by commands, and made up from the runs’ folders by fronts', async () => {
  const { folder, host, id, file } = await withOneRun()
  await host.close()
  // What a trained run leaves beside its settings.
  const checkpoint = join(folder, 'data', 'runs', id, 'checkpoint-6')
  writeFileSync(join(checkpoint, 'trainer_state.json'), JSON.stringify({ step: 6, evalLoss: 0.5 }))
  mkdirSync(join(folder, 'data', 'runs', 'not-a-run'))
  rmSync(`${file}-wal`, { force: true })
  writeFileSync(file, 'nonsense '.repeat(1000))
  expect(await faultOf(() => openTestHost(folder))).toMatchObject({ hint: expect.stringContaining('history --repair') })

  const front = await openTestHost(folder, { repairsHistory: true, historyEntry })
  const { repaired } = await front.call('app.info', {})
  expect(repaired).toMatchObject({ runs: 0, metrics: 0, fromFolders: 1 })
  expect(readFileSync(repaired?.kept ?? '', 'utf8')).toContain('nonsense')
  expect(await front.call('runs.list', {})).toMatchObject([{ id, status: 'interrupted', step: 6, resumable: true }])
  expect(await front.call('history.check', {})).toMatchObject({ complaints: [], damaged: [{ path: repaired?.kept }] })
})

test('a repair that was asked for is done at the next start, once', async () => {
  const { folder, host, id } = await withOneRun()
  expect(await host.call('history.repair', {})).toEqual({ atNextStart: true })
  expect(await host.call('history.check', {})).toMatchObject({ repairAtStart: true })
  await host.close()
  const front = await openTestHost(folder, { repairsHistory: true })
  expect((await front.call('app.info', {})).repaired).toMatchObject({ runs: 1, fromFolders: 0, lost: [] })
  expect(await front.call('runs.get', { runId: id })).toMatchObject({ status: 'finished', step: 6 })
  await front.close()
  const next = await openTestHost(folder, { repairsHistory: true })
  expect((await next.call('app.info', {})).repaired).toBeNull()
  await next.close()
})
