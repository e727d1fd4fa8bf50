import type { ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises'
import { beforeAll, expect, test, vi } from 'vitest'
import { isAlive } from '../../main/host/process-identity.ts'
import { openStore } from '../../main/host/store/store.ts'
import type { MetricName } from '../../shared/domain/metric.ts'
import { sharedFolder } from '../temporary-folder.ts'
import { JARGON, prepareStudios, type RealStudio } from './real-studio.ts'

// Each start loads TensorFlow and builds the graph, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 240_000 })

const STEPS = 80
const NAMES: MetricName[] = ['train_loss', 'grad_norm', 'eval_loss', 'tokens', 'delta_m', 'delta_d', 'gain_std']
const SETTINGS = {
  backend: 'tensorflow',
  max_steps: STEPS,
  save_steps: 5,
  eval_steps: 10,
  trajectory_steps: 5,
} as const

const place = sharedFolder()
let studios: Awaited<ReturnType<typeof prepareStudios>>
let whole: ReturnType<typeof curves>
beforeAll(async () => {
  studios = await prepareStudios(place)
  const studio = studios.open()
  expect(await studio.run(['train', studio.runFile(SETTINGS)])).toMatchObject({ code: 0, err: '' })
  whole = curves(studio)
  expect(whole.find(({ name }) => name === 'train_loss')?.points).toHaveLength(STEPS)
})

/** Every point that a studio's one run has stored. */
function curves({ home }: RealStudio) {
  const store = openStore(join(home, 'studio.sqlite'))
  try {
    const runId = store.runs.list()[0]?.id ?? ''
    const series = store.metrics.series({ runId, names: NAMES, maxPoints: 5000, fromStep: null, toStep: null })
    return series.map(({ name, module, points }) => ({
      name,
      module,
      points: points.map(({ step, value }) => [step, value] as const),
    }))
  } finally {
    store.close()
  }
}

function childrenOf(pid: number): number[] {
  const text =
    process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      : execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
  return text.split(/\s+/).filter(Boolean).map(Number)
}

/** The engine of a command line, once it has one. */
async function engineOf({ pid, exitCode }: ChildProcess): Promise<number> {
  for (;;) {
    const [engine] = childrenOf(pid ?? 0)
    if (engine !== undefined) return engine
    if (exitCode !== null) throw new Error('The command line ended without an engine.')
    await delay(5)
  }
}

const entries = ({ home }: RealStudio): string[] => {
  const runs = join(home, 'runs')
  const [run] = existsSync(runs) ? readdirSync(runs) : []
  return run === undefined ? [] : readdirSync(join(runs, run))
}
/** Of the newest checkpoint that is stored. */
function lastStep({ home }: RealStudio): number {
  const store = openStore(join(home, 'studio.sqlite'))
  try {
    const [run] = store.runs.list()
    return store.checkpoints.list(run?.id ?? '').at(-1)?.step ?? 0
  } finally {
    store.close()
  }
}
const isWriting = (studio: RealStudio): boolean => entries(studio).some((name) => name.includes('.partial-'))

type Moment = { readonly what: string; readonly come: (studio: RealStudio, engine: number) => Promise<void> }

/** Some milliseconds after a checkpoint newer than the newest one now. */
const betweenCheckpoints = (): Moment => {
  const wait = Math.round(Math.random() * 40)
  return {
    what: `${wait} ms after a checkpoint`,
    come: async (studio) => {
      const before = lastStep(studio)
      while (lastStep(studio) === before) await delay(2)
      await delay(wait)
    },
  }
}

/** While the files of a checkpoint are written: the engine is halted, so that it is still so when it is killed. */
const whileWriting: Moment = {
  what: 'while a checkpoint is written',
  come: async (studio, engine) => {
    for (;;) {
      while (!isWriting(studio)) await breathe()
      process.kill(engine, 'SIGSTOP')
      if (isWriting(studio)) return
      process.kill(engine, 'SIGCONT')
    }
  },
}

const MOMENTS = [betweenCheckpoints(), whileWriting, betweenCheckpoints()]

test('an engine killed again and again interrupts its run each time, and the losses are those of an unharmed run', async () => {
  const studio = studios.open()
  for (const [i, { what, come }] of MOMENTS.entries()) {
    const { child, result } = studio.start(i === 0 ? ['train', studio.runFile(SETTINGS)] : ['resume', 'last'])
    const engine = await engineOf(child)
    await come(studio, engine)
    process.kill(engine, 'SIGKILL')
    const { code, err } = await result
    expect([what, code, err]).toEqual([
      what,
      1,
      expect.stringMatching(/^Error: The engine process was ended from outside/),
    ])
    expect(err).toContain('What to do: ')
    expect(err).not.toMatch(JARGON)
    const run = await studio.show()
    expect(run, what).toMatchObject({
      status: 'interrupted',
      resumable: true,
      phase: null,
      error: { code: 'engine-died' },
    })
    expect(entries(studio).filter((name) => name.startsWith('.'))).toEqual([])
  }
  expect(await studio.run(['resume', 'last'])).toMatchObject({ code: 0, err: '' })
  expect(curves(studio), MOMENTS.map(({ what }) => what).join(', ')).toEqual(whole)
})

test('a command line killed again and again leaves an interrupted run and no engine, and the losses stay the same', async () => {
  const studio = studios.open()
  const moments = [betweenCheckpoints(), { ...whileWriting, come: untilWriting }]
  for (const [i, { what, come }] of moments.entries()) {
    const { child, result } = studio.start(i === 0 ? ['train', studio.runFile(SETTINGS)] : ['resume', 'last'])
    const engine = await engineOf(child)
    await come(studio, engine)
    child.kill('SIGKILL')
    await result
    await expect.poll(() => isAlive({ pid: engine, start: '' })).toBe(false)
    const [run] = await studio.runs()
    expect(run, what).toMatchObject({ status: 'interrupted', resumable: true, phase: null, error: null })
  }
  expect(await studio.run(['resume', 'last'])).toMatchObject({ code: 0, err: '' })
  expect(entries(studio).filter((name) => name.startsWith('.'))).toEqual([])
  expect(curves(studio), moments.map(({ what }) => what).join(', ')).toEqual(whole)
})

async function untilWriting(studio: RealStudio): Promise<void> {
  while (!isWriting(studio)) await breathe()
}

test('an engine killed before its first step leaves an interrupted run that starts over', async () => {
  const studio = studios.open()
  const { child, result } = studio.start(['train', studio.runFile(SETTINGS)])
  process.kill(await engineOf(child), 'SIGKILL')
  expect(await result).toMatchObject({ code: 1, err: expect.stringContaining('SIGKILL') })
  expect(await studio.show()).toMatchObject({ status: 'interrupted', step: 0, resumable: true, checkpoints: [] })
  expect(await studio.run(['resume', 'last'])).toMatchObject({ code: 0, err: '' })
  expect(curves(studio)).toEqual(whole)
})
