import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { ACTIVE_STATUSES, type RunSummary } from '../../shared/domain/run.ts'
import { PATIENCE_MS } from '../soak/bench.ts'
import { differences, folderHash, reproducible, storedMetrics } from '../soak/verdicts.ts'
import { sharedFolder } from '../temporary-folder.ts'
import { MACHINE_FAULTS } from './machine/faults.ts'
import { type Machine, openMachine } from './machine/machine.ts'
import { JARGON } from './real-studio.ts'

// Namespaces, control groups and /proc, as Linux has them.
const linux = process.platform === 'linux'
vi.setConfig({ testTimeout: 240_000 })

/** The run that waits: a short one, on the backend that starts fastest. */
const NEXT = { max_steps: 2, backend: 'portable', validation_file: null, test_file: null } as const

type Whole = { readonly metrics: ReadonlyMap<string, number>; readonly checkpoint: string }
let machine: Machine
let whole: Whole

async function wholeOf(runId: string): Promise<Whole> {
  const { bench, place } = machine
  const { checkpoints } = await bench.studio().call('runs.get', { runId })
  return {
    metrics: reproducible(await storedMetrics(bench.studio(), runId)),
    checkpoint: folderHash(place.seen(checkpoints.at(-1)?.folder ?? '')),
  }
}

const place = sharedFolder()
beforeAll(async () => {
  if (!linux) return
  machine = await openMachine(place)
  machine.openHost()
  const { id } = await machine.bench.start()
  expect(await machine.bench.settled(id)).toMatchObject({ status: 'finished' })
  whole = await wholeOf(id)
  await machine.bench.studio().call('runs.delete', { runId: id })
  await machine.bench.studio().leave()
})
afterAll(() => machine?.leave())
beforeEach(() => machine?.openHost())
/** Each fault finds an empty disk, whatever became of the one before. */
afterEach(async () => {
  if (!linux) return
  await machine.bench.studio().leave()
  rmSync(machine.place.seen(join(machine.dataFolder, 'runs')), { recursive: true })
})

/** The newest word on a run that was published: the history itself may be what fails. */
async function told(runId: string, is: (run: RunSummary) => boolean): Promise<RunSummary> {
  for (const began = performance.now(); ; await delay(5)) {
    const run = machine.bench.seen.get(runId)
    if (run && is(run)) return run
    if (performance.now() - began > PATIENCE_MS) throw new Error(`Run ${runId} hangs: ${JSON.stringify(run)}`)
  }
}
const isAtWork = ({ status, step }: RunSummary) => status === 'running' && step >= 6
const hasEngine = () => machine.bench.studio().engine() !== null
const hasEnded = ({ status }: RunSummary) => !ACTIVE_STATUSES.includes(status)

function expectText({ error }: RunSummary, says: RegExp | undefined): void {
  if (!says) {
    expect(error).toBeNull()
    return
  }
  expect(error?.message).toMatch(says)
  expect(error?.hint).not.toBe('')
  expect([error?.message, error?.hint, ...(error?.details ?? [])].join('\n')).not.toMatch(JARGON)
}

/** Goes on with a run, as a user would, and only so. */
async function goOn(runId: string): Promise<string> {
  const { bench } = machine
  const run = await bench.settled(runId)
  if (run.status === 'finished') return runId
  const { config } = await bench.studio().call('runs.get', { runId })
  const { id } = run.resumable
    ? await bench.studio().call('runs.resume', { runId })
    : await bench.studio().call('runs.start', config)
  expect(await bench.settled(id)).toMatchObject({ status: 'finished', error: null })
  return id
}

async function expectNothingLost(runId: string): Promise<void> {
  const { bench } = machine
  const stored = await storedMetrics(bench.studio(), runId)
  expect(bench.published.missing(runId, stored)).toEqual([])
  expect(await bench.studio().call('history.check', {})).toMatchObject({ complaints: [] })
}

test.runIf(linux).each(MACHINE_FAULTS)('$what', async ({ at = 'work', cause, ends, says, nextSays }) => {
  const { bench, openHost } = machine
  const { id } = await bench.start()
  const waiting = (await bench.start({ ...NEXT })).id
  await told(id, at === 'work' ? isAtWork : hasEngine)
  const began = performance.now()
  const takeAway = cause(machine, id)
  try {
    const ended = await told(id, hasEnded)
    expect(ended).toMatchObject({ status: ends })
    expectText(ended, says)
    expect((ended.endedAt ?? 0) - (ended.startedAt ?? 0)).toBeLessThan(performance.now() - began + 60_000)
    expect((ended.endedAt ?? 0) - (ended.startedAt ?? 0)).toBeGreaterThan(0)
    if (nextSays) expectText(await told(waiting, hasEnded), nextSays)
  } finally {
    takeAway()
  }
  await expectNothingLost(id)
  await goOn(waiting)
  expect(await goOn(id)).toBe(id)
  const { metrics, checkpoint } = await wholeOf(id)
  expect(differences(metrics, whole.metrics)).toEqual([])
  expect(checkpoint).toBe(whole.checkpoint)
  await bench.studio().leave()
  openHost()
  await expectNothingLost(id)
})
