import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type EngineOutcome, type EngineProgress, startEngine } from '../../../main/host/engine-supervisor.ts'
import { isAlive } from '../../../main/host/process-identity.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { faultOf, makeConfig, SCRIPTED_ENGINE, type Script } from './studio.ts'

function start(script: Script, onReport: (report: EngineProgress) => void = () => {}, entry = SCRIPTED_ENGINE) {
  const folder = temporaryFolder()
  const runFolder = join(folder, 'run')
  mkdirSync(runFolder)
  const logFile = join(runFolder, 'engine.log')
  const reports: EngineProgress[] = []
  const job = startEngine({
    entry,
    request: { type: 'train', config: makeConfig(folder, script), runFolder, resumeFrom: null },
    logFile,
    stopTimeoutMs: 300,
    onProgress: (report) => {
      reports.push(report)
      onReport(report)
    },
  })
  return { job, reports, logFile, runFolder }
}

const failure = (outcome: EngineOutcome) => {
  if (outcome.type !== 'failed') throw new Error(`The outcome is ${outcome.type}`)
  return outcome.error
}

test('reports arrive in order, metrics in batches, and the end is told', async () => {
  const { job, reports } = start({ steps: 40, delayMs: 5, checkpointEvery: 40 })
  expect(await job.done).toEqual({ type: 'finished', step: 40, note: null })
  expect(reports.slice(0, 2).map(({ type }) => type)).toEqual(['phase', 'plan'])
  const batches = reports.filter((report) => report.type === 'metrics')
  const steps = batches
    .flatMap(({ rows }) => rows)
    .filter(({ name }) => name === 'train_loss')
    .map(({ step }) => step)
  expect(steps).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
  expect(batches.length).toBeLessThan(10)
  // The checkpoint of step 40 comes after the metrics of step 40.
  const upToCheckpoint = reports.slice(
    0,
    reports.findIndex(({ type }) => type === 'checkpoint'),
  )
  expect(upToCheckpoint.flatMap((report) => (report.type === 'metrics' ? report.rows : [])).at(-1)?.step).toBe(40)
})

test('an engine that reports its own failure is believed', async () => {
  const { job } = start({ end: 'fail' })
  expect(failure(await job.done)).toMatchObject({ code: 'diverged', hint: 'Lower learning_rate.', details: ['a', 'b'] })
})

test('an exit without a report is a death with code, last words and log', async () => {
  const { job, reports, logFile } = start({ end: 'exit' })
  const error = failure(await job.done)
  expect(error).toMatchObject({ code: 'engine-died', message: expect.stringContaining('exit code 3') })
  expect(error.details).toEqual(['first line of trouble', 'last words of the engine', `Full log: ${logFile}`])
  expect(readFileSync(logFile, 'utf8')).toContain('last words of the engine')
  // Nothing that was reported before the death is lost.
  expect(reports.flatMap((report) => (report.type === 'metrics' ? report.rows : [])).at(-1)?.step).toBe(5)
})

test('a SIGKILL from outside is named and memory is suspected', async () => {
  const { job } = start({ end: 'sigkill' })
  const error = failure(await job.done)
  expect(error.message).toMatch(/SIGKILL.*memory/)
  expect(error.hint).toContain('per_device_train_batch_size')
})

test('what an engine was writing when it was killed is deleted, what others write is not', async () => {
  const { job, runFolder } = start({ steps: 20, delayMs: 5, end: 'sigkill' }, () => {
    for (const pid of [job.pid, process.pid]) {
      mkdirSync(join(runFolder, `.checkpoint-5.partial-${pid}-0`), { recursive: true })
    }
  })
  expect(failure(await job.done).code).toBe('engine-died')
  expect(readdirSync(runFolder).sort()).toEqual([`.checkpoint-5.partial-${process.pid}-0`, 'engine.log'])
})

test('a full JavaScript heap is named as such', async () => {
  const { job } = start({ end: 'heap' })
  expect(failure(await job.done).message).toContain('ran out of memory')
})

test('a message outside the protocol ends the engine and says where it was wrong', async () => {
  const { job } = start({ end: 'garbage' })
  const error = failure(await job.done)
  expect(error.code).toBe('internal')
  expect(error.details.join('\n')).toMatch(/rows\.0\.name/)
  expect(isAlive({ pid: job.pid ?? 0, start: '' })).toBe(false)
})

test('a polite stop is answered after the current step', async () => {
  const { job } = start({ steps: 10_000, delayMs: 5 }, (report) => report.type === 'metrics' && job.stop(true))
  const outcome = await job.done
  expect(outcome.type).toBe('stopped')
})

test('an engine that does not answer a stop is ended after the time-out', async () => {
  const { job } = start({ end: 'hang', ignoreStop: true }, (report) => report.type === 'metrics' && job.stop(true))
  expect(await job.done).toEqual({ type: 'killed' })
  expect(isAlive({ pid: job.pid ?? 0, start: '' })).toBe(false)
})

test('a host that cannot store a report ends the engine with that fault, and nothing is delivered after it', async () => {
  const { job, reports } = start({ steps: 100, delayMs: 5 }, (report) => {
    if (report.type === 'metrics') throw new Error('disk is full')
  })
  expect(failure(await job.done).message).toBe('disk is full')
  expect(reports.filter(({ type }) => type === 'metrics')).toHaveLength(1)
})

test('a missing engine file is told before anything starts', async () => {
  expect(await faultOf(() => start({}, undefined, '/nowhere/engine.mjs'))).toMatchObject({ code: 'not-found' })
})

test('an engine that throws is told by its message, without stack frames', async () => {
  const entry = join(temporaryFolder(), 'throwing.mjs')
  writeFileSync(entry, "const deep = (n) => { if (n === 0) throw new Error('no such kernel'); deep(n - 1) }\ndeep(20)")
  const { job } = start({}, undefined, entry)
  const { details } = failure(await job.done)
  expect(details).toContain('Error: no such kernel')
  expect(details.join('\n')).not.toMatch(/^\s+at /m)
})

test('an engine that cannot even be parsed is a readable death', async () => {
  const entry = join(temporaryFolder(), 'broken.mjs')
  writeFileSync(entry, 'this is not JavaScript')
  const { job } = start({}, undefined, entry)
  expect(failure(await job.done).details.join('\n')).toContain('SyntaxError')
})
