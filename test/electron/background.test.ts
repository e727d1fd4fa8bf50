import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { PairedJob } from '../../shared/domain/paired-job.ts'
import type { RunSummary } from '../../shared/domain/run.ts'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { tinyModel } from '../training/tiny-model.ts'
import { callBridge } from './bridge.ts'
import { openDesk } from './desk.ts'
import { electronPath, type Studio } from './electron.ts'
import { openMainProcess } from './main-process.ts'

const [BACKGROUND, STOP, CANCEL] = [0, 1, 2] as const
const IN_TRAY = ['Show DoRA Studio', 'Stop with a Checkpoint', 'Stop with a Checkpoint and Quit']

async function ask<T>({ page }: Studio, call: string, input: unknown = {}): Promise<T> {
  const answer = await page.evaluate<{ ok: boolean; output: T; error?: unknown } | null>(callBridge(call, input))
  if (!answer?.ok) throw new Error(`${call}: ${JSON.stringify(answer)}`)
  return answer.output
}

const runsOf = (studio: Studio) => ask<RunSummary[]>(studio, 'runs.list')

const untilRunning = (studio: Studio) =>
  expect.poll(async () => (await runsOf(studio))[0]?.step ?? 0, { interval: 300 }).toBeGreaterThan(0)

const ROW = '{"instruction":"a","input":"oak: a tall tree","output":"plant"}\n'

describe.runIf(electronPath !== undefined)('closing the window while a run goes on', () => {
  const { folder, start } = openDesk()
  const [model, data] = [join(folder, 'model'), join(folder, 'train.jsonl')]
  beforeAll(async () => {
    await tinyModel(model)
    writeFileSync(data, ROW.repeat(8))
  })

  /** On a tiny model, far longer than the test unless told otherwise. */
  async function startRun(studio: Studio, fields: Partial<RunConfigInput>): Promise<string> {
    const config = {
      model_name_or_path: model,
      train_file: data,
      backend: 'portable',
      max_steps: 100_000,
      r: 2,
      ...fields,
    }
    return (await ask<RunSummary>(studio, 'runs.start', config)).id
  }

  test('asks, and cancelled leaves everything as it is', async () => {
    const studio = await start({ inspect: true })
    const main = await openMainProcess(studio)
    await startRun(studio, { run_name: 'slow one' })
    await untilRunning(studio)
    await main.answerWith(CANCEL)
    await main.closeWindow()
    await expect.poll(main.questions).toEqual([
      {
        message: '“slow one” is still running.',
        buttons: ['Keep running in the background', 'Stop with a checkpoint', 'Cancel'],
      },
    ])
    expect([await main.isVisible(), await main.trayItems()]).toEqual([true, []])
    expect((await runsOf(studio))[0]?.status).toBe('running')
    main.detach()
  })

  test('in the background it goes on beside the clock, from where the window comes back and the run is stopped', async () => {
    const studio = await start({ inspect: true })
    const main = await openMainProcess(studio)
    await startRun(studio, { run_name: 'slow one' })
    await untilRunning(studio)
    await main.answerWith(BACKGROUND)
    await main.closeWindow()
    await expect.poll(main.isVisible).toBe(false)
    const [line, ...items] = await main.trayItems()
    expect(line).toMatch(/^slow one: [\d.]+%$/)
    expect(items).toEqual(IN_TRAY)
    const { step = 0 } = (await runsOf(studio))[0] ?? {}
    await expect.poll(async () => (await runsOf(studio))[0]?.step).toBeGreaterThan(step)

    await main.clickTray('Show DoRA Studio')
    await expect.poll(main.isVisible).toBe(true)
    await expect.poll(main.trayItems).toEqual([])

    await main.closeWindow()
    await expect.poll(main.trayItems).toHaveLength(4)
    await main.clickTray('Stop with a Checkpoint')
    await expect.poll(main.isVisible).toBe(true)
    await expect.poll(async () => (await runsOf(studio))[0]).toMatchObject({ status: 'stopped', resumable: true })
    await expect.poll(async () => (await main.notices()).map(({ title }) => title)).toEqual(['slow one has stopped'])
    await expect.poll(main.trayItems).toEqual([])
    main.detach()
  })

  test.each(['the answer', 'the icon beside the clock'])(
    'stopped with a checkpoint by %s, the studio leaves and the run can be resumed',
    async (by) => {
      const dataFolder = join(folder, `left-${by.length}`)
      const studio = await start({ inspect: true, dataFolder })
      const main = await openMainProcess(studio)
      const runId = await startRun(studio, {})
      await untilRunning(studio)
      const left = once(studio.child, 'exit')
      await main.answerWith(by === 'the answer' ? STOP : BACKGROUND)
      await main.closeWindow()
      await expect.poll(main.questions).toHaveLength(1)
      if (by !== 'the answer') {
        await expect.poll(main.trayItems).toHaveLength(4)
        await main.clickTray('Stop with a Checkpoint and Quit')
      }
      main.detach()
      expect(await left).toEqual([0, null])
      const again = await start({ dataFolder })
      const [run] = await runsOf(again)
      expect(run).toMatchObject({ id: runId, status: 'interrupted', resumable: true })
      expect(run?.step).toBeGreaterThan(0)
    },
  )

  test('the end of a run is told, a good one and a bad one, and the notice leads to it', async () => {
    const studio = await start({ inspect: true })
    const main = await openMainProcess(studio)
    const short = { max_steps: 3 }
    await main.answerWith(BACKGROUND)
    const good = await startRun(studio, { ...short, run_name: 'good one' })
    await main.closeWindow()
    await expect.poll(main.notices).toEqual([{ title: 'good one has finished', body: '3 steps' }])
    // A studio in the background shows itself when its last run has ended.
    await expect.poll(main.isVisible).toBe(true)
    await main.clickNotice()
    await studio.page.until('The page of the run', `location.hash.startsWith('#/runs/${good}')`)

    const train_file = join(folder, 'nonsense.jsonl')
    // Long enough to be read that the window is closed before the run fails: a window without a run ends the studio.
    writeFileSync(train_file, `${ROW.repeat(200_000)}nonsense\n`)
    await startRun(studio, { ...short, run_name: 'bad one', train_file })
    await main.closeWindow()
    await expect.poll(main.notices).toHaveLength(2)
    const { title, body } = (await main.notices())[1] ?? {}
    expect(title).toBe('bad one has failed')
    expect(body).toContain('nonsense.jsonl')
    main.detach()
  })

  test('asks for two models that are being compared, too, which is not lost with the window', async () => {
    const studio = await start({ inspect: true })
    const main = await openMainProcess(studio)
    const validation = join(folder, 'validation.jsonl')
    writeFileSync(validation, ROW.repeat(8))
    const fields = { run_name: 'judged', max_steps: 1, validation_file: validation }
    const runId = await startRun(studio, fields)
    const statusOf = async () => (await runsOf(studio)).find(({ id }) => id === runId)?.status
    await expect.poll(statusOf, { interval: 300 }).toBe('finished')
    // Enough of them that the comparison outlasts the question.
    writeFileSync(validation, ROW.repeat(10_000))
    const order = { a: { runId, base: true }, b: { runId }, split: 'validation', examples: 10_000 }
    const { id } = await ask<PairedJob>(studio, 'paired.start', order)
    const jobOf = async () => (await ask<PairedJob[]>(studio, 'paired.list')).find((job) => job.id === id)
    await expect.poll(async () => (await jobOf())?.done ?? 0, { interval: 200 }).toBeGreaterThan(0)
    await main.answerWith(BACKGROUND)
    await main.closeWindow()
    await expect.poll(main.questions).toEqual([
      {
        message: '“Base of judged beside judged” is still running.',
        buttons: ['Keep running in the background', 'Stop it', 'Cancel'],
      },
    ])
    await expect.poll(main.isVisible).toBe(false)
    const { done = 0 } = (await jobOf()) ?? {}
    await expect.poll(async () => (await jobOf())?.done).toBeGreaterThan(done)
    await main.clickTray('Stop with a Checkpoint')
    await expect.poll(async () => (await jobOf())?.status).toBe('cancelled')
    await expect.poll(main.isVisible).toBe(true)
    main.detach()
  })
})
