import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createEventBus } from '../../../../main/host/events.ts'
import { endRun } from '../../../../main/host/services/run-end.ts'
import { openStore } from '../../../../main/host/store/store.ts'
import { fault } from '../../../../shared/domain/error.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { makeConfig } from '../studio.ts'

const error = fault('disk', 'The disk is full.').data

/** A running run, its news, and a database that refuses to change it until told otherwise. */
function setUp() {
  const folder = temporaryFolder()
  const file = join(folder, 'studio.sqlite')
  const store = openStore(file)
  store.runs.insert({ id: 'r', config: makeConfig(folder), versions: {}, createdAt: 1, owner: { pid: 1, start: '' } })
  store.runs.update('r', { status: 'running', phase: 'Training' })
  const other = new Database(file)
  other.exec("CREATE TRIGGER refuse BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
  onTestFinished(() => {
    store.close()
    other.close()
  })
  const bus = createEventBus()
  const told: unknown[] = []
  bus.subscribe(({ payload }) => told.push(payload))
  const note = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => note.mockRestore())
  const leaving = new AbortController()
  const context = { store, bus, leaving: leaving.signal, runsFolder: folder }
  return { store, told, note, leaving, context, allow: () => other.exec('DROP TRIGGER refuse') }
}

test('an end that cannot be stored is told at once, and stored as soon as it can be', async () => {
  const { store, told, note, context, allow } = setUp()
  const ended = endRun(context, 'r', { status: 'failed', error }, 5)
  expect(told).toMatchObject([{ id: 'r', status: 'failed', phase: null, error }])
  expect(store.runs.summary('r')?.status).toBe('running')
  await expect.poll(() => told.length).toBeGreaterThan(2)
  expect(note.mock.calls).toEqual([[expect.stringMatching(/The end of run r could not be stored yet: .*disk is full/)]])
  allow()
  await ended
  expect(store.runs.summary('r')).toMatchObject({ status: 'failed', phase: null, error })
})

test('a host that leaves does not wait for a full disk', async () => {
  const { store, leaving, context } = setUp()
  const ended = endRun(context, 'r', { status: 'failed', error }, 3_600_000)
  leaving.abort()
  await ended
  expect(store.runs.summary('r')?.status).toBe('running')
})
