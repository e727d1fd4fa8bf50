import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createCheckpointStore } from '../../../../main/host/store/checkpoints.ts'
import { openDatabase } from '../../../../main/host/store/database.ts'
import { createMetricStore } from '../../../../main/host/store/metrics.ts'
import { createRunStore } from '../../../../main/host/store/runs.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { makeConfig } from '../studio.ts'

const owner = { pid: 4242, start: 'boot:1' }
const versions = { studio: '0' }

function open() {
  const folder = temporaryFolder()
  const database = openDatabase(join(folder, 'studio.sqlite'))
  const config = makeConfig(folder)
  const runs = createRunStore(database)
  const insert = (id: string, createdAt: number) => runs.insert({ id, config, versions, createdAt, owner })
  return {
    database,
    config,
    runs,
    insert,
    metrics: createMetricStore(database),
    checkpoints: createCheckpointStore(database),
  }
}

const row = (step: number, value: number) => ({ step, value, name: 'train_loss' as const, module: '', wallMs: 1 })

test('a new run is queued and keeps its whole configuration', () => {
  const { runs, insert, config } = open()
  insert('a', 5)
  expect(runs.summary('a')).toMatchObject({
    id: 'a',
    name: 'test',
    status: 'queued',
    method: 'dora',
    createdAt: 5,
    step: 0,
    totalSteps: 0,
    trainLoss: null,
    resumable: false,
  })
  expect(runs.record('a')).toEqual({ config, plan: null, versions, owner })
})

test('the list is newest first and names model and data shortly', () => {
  const { runs, insert } = open()
  insert('a', 1)
  insert('b', 2)
  expect(runs.list().map(({ id }) => id)).toEqual(['b', 'a'])
  expect(runs.list()[0]?.model).toMatch(/^dora-studio-test-[^/]+\/model$/)
})

test('a patch changes the given fields only', () => {
  const { runs, insert } = open()
  insert('a', 1)
  runs.update('a', {
    status: 'failed',
    step: 7,
    error: { code: 'disk', message: 'full', hint: '', details: [], retryable: true },
  })
  runs.update('a', { phase: 'x' })
  runs.update('a', {})
  expect(runs.summary('a')).toMatchObject({
    status: 'failed',
    step: 7,
    phase: 'x',
    error: { code: 'disk', message: 'full' },
  })
  runs.update('a', { error: null, phase: null })
  expect(runs.summary('a')).toMatchObject({ error: null, phase: null, step: 7 })
})

test('the summary shows the newest value of a metric', () => {
  const { runs, insert, metrics } = open()
  insert('a', 1)
  metrics.append('a', [row(1, 3), row(3, 1), row(2, 2)])
  expect(runs.summary('a')?.trainLoss).toBe(1)
})

test('only one run of all hosts can be claimed at a time', () => {
  const { runs, insert } = open()
  insert('a', 1)
  insert('b', 2)
  expect(runs.claim('a')).toBe(true)
  expect(runs.claim('b')).toBe(false)
  expect(runs.claim('a')).toBe(false)
  runs.update('a', { status: 'finished' })
  expect(runs.claim('b')).toBe(true)
})

test('a stopped, failed or interrupted run with a checkpoint is resumable', () => {
  const { runs, insert, checkpoints } = open()
  insert('a', 1)
  runs.update('a', { status: 'failed', step: 9 })
  expect(runs.summary('a')?.resumable).toBe(false)
  checkpoints.add('a', { step: 8, folder: '/c8', bytes: 1, evalLoss: null, best: false, createdAt: 1 }, [])
  expect(runs.summary('a')?.resumable).toBe(true)
  runs.update('a', { status: 'finished' })
  expect(runs.summary('a')?.resumable).toBe(false)
})

test('an interrupted run without a checkpoint can start over', () => {
  const { runs, insert } = open()
  insert('a', 1)
  runs.update('a', { status: 'interrupted', step: 7 })
  expect(runs.summary('a')?.resumable).toBe(true)
})

test('checkpoints deleted by the engine are forgotten with the one that replaced them', () => {
  const { insert, checkpoints } = open()
  insert('a', 1)
  const add = (step: number, removed: string[]) =>
    checkpoints.add('a', { step, folder: `/c${step}`, bytes: 1, evalLoss: null, best: false, createdAt: 1 }, removed)
  add(1, [])
  add(2, [])
  add(3, ['/c1'])
  expect(checkpoints.list('a').map(({ step }) => step)).toEqual([2, 3])
})

test('removing a run removes all that belongs to it and nothing else', () => {
  const { database, runs, insert, metrics } = open()
  insert('a', 1)
  insert('b', 1)
  metrics.append('a', [row(1, 1)])
  metrics.append('b', [row(1, 1)])
  runs.remove('a')
  expect(database.prepare('SELECT count(*) AS n FROM metrics').get()).toEqual({ n: 1 })
  expect(database.prepare('SELECT count(*) AS n FROM series').get()).toEqual({ n: 1 })
  expect(runs.list().map(({ id }) => id)).toEqual(['b'])
})

test('the schema refuses what the program must never write', () => {
  const { database, insert, metrics } = open()
  insert('a', 1)
  expect(() => database.exec("UPDATE runs SET status = 'dancing'")).toThrow(/CHECK/)
  expect(() => database.exec("UPDATE runs SET config = 'not json'")).toThrow(/CHECK/)
  expect(() => database.exec("UPDATE runs SET step = 'three'")).toThrow(/cannot store TEXT/)
  expect(() => metrics.append('nobody', [row(1, 1)])).toThrow(/FOREIGN KEY/)
})
