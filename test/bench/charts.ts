import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { CDPSession, Page } from 'playwright-core'
import { openDatabase } from '../../main/host/store/database.ts'
import { createMetricStore } from '../../main/host/store/metrics.ts'
import { ensureBuild } from '../../main/setup/build.ts'
import { METRIC_NAMES, METRICS } from '../../shared/domain/metric.ts'
import { acrossPlot, launchBrowser, openPage } from '../e2e/browser.ts'
import { startServe } from '../e2e/serve.ts'
import { BENCH_RUN, makeBenchStore } from './charts-store.ts'
import { MACHINE, saveResult } from './report.ts'

/**
 * `npm run bench -- charts [--steps N] [--rounds N]`: a finished run of a million steps with all its metrics, on the real
 * host, in a real Chromium: how long the host thins, a chart takes to draw, and the page is busy while it zooms.
 */
const root = resolve(import.meta.dirname, '../..')
const flag = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}
const steps = flag('steps', 1_000_000)
const rounds = flag('rounds', 7)

type Times = readonly number[]
const sorted = (times: Times) => times.toSorted((a, b) => a - b)
const median = (times: Times): number => sorted(times)[Math.floor(times.length / 2)] ?? Number.NaN
const best = (times: Times): number => sorted(times)[0] ?? Number.NaN

/** Longest stretch in which nothing else was answered while the work went on, in ms. */
async function longestBlock(work: Promise<unknown>): Promise<number> {
  const blocks: number[] = []
  let last = performance.now()
  const timer = setInterval(() => {
    blocks.push(performance.now() - last)
    last = performance.now()
  }, 0)
  await work
  clearInterval(timer)
  return Math.max(performance.now() - last, ...blocks)
}

/** The thinning queries of the page: of everything, and of the middle tenth. */
async function measureHost(dataFolder: string): Promise<Record<string, Times>> {
  const database = openDatabase(join(dataFolder, 'studio.sqlite'))
  const metrics = createMetricStore(database)
  const names = METRIC_NAMES.filter((name) => METRICS[name].scope === 'run')
  const range = { fromStep: Math.round(steps * 0.45), toStep: Math.round(steps * 0.55) }
  const whole = { fromStep: null, toStep: null }
  const query = { runId: BENCH_RUN, names, maxPoints: 1000 }
  const time = (part: { fromStep: number | null; toStep: number | null }) => {
    const start = performance.now()
    metrics.series({ ...query, ...part })
    return performance.now() - start
  }
  // A run's leaves are written while it trains; this one was not trained.
  const start = performance.now()
  const block = await longestBlock(metrics.seriesInTurns({ ...query, ...whole }))
  const results = {
    'host: sum up a run that has no summaries, once': [performance.now() - start],
    'host: longest time in which it answers nothing else meanwhile': [block],
    'host: thin the whole run, all its metrics': Array.from({ length: rounds }, () => time(whole)),
    'host: thin a tenth of it': Array.from({ length: rounds }, () => time(range)),
  }
  database.close()
  return results
}

/**
 * What is measured inside the page, in ms. `draw`: from the cause to the first chart painted; `all`: until nothing changes;
 * `cpu`: what its main thread computed meanwhile, whatever else the machine did.
 */
type Reaction = Readonly<Record<'draw' | 'all' | 'cpu' | 'longestTask' | 'longestFrame', number>>

/** Thread time of the page's main thread since `Performance.enable`, in ms. */
async function busyMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN)
}

/** Watches the page from before `cause` until its drawings have been still for half a second. */
async function measureReaction(page: Page, cause: () => Promise<void>): Promise<Reaction> {
  await page.evaluate(() => {
    const watch = { start: 0, first: 0, last: 0, tasks: [0], frames: [0], before: 0 }
    const painted = new MessageChannel()
    painted.port1.onmessage = () => {
      watch.first = performance.now()
    }
    const observer = new MutationObserver((mutations) => {
      const drawn = mutations.some(({ target }) => target instanceof Element && target.closest('[data-chart] svg'))
      if (!drawn) return
      const now = performance.now()
      if (watch.start > 0) watch.last = now
      if (watch.start > 0 && watch.first === 0) {
        watch.first = -1
        // Charts are drawn in the callback of a frame: the task after it comes when the frame is painted.
        painted.port2.postMessage(null)
      }
    })
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['d'] })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (entry.startTime >= watch.start) watch.tasks.push(entry.duration)
    }).observe({ entryTypes: ['longtask'] })
    const begin = () => {
      watch.start = performance.now()
      watch.before = watch.start
    }
    addEventListener('bench-start', begin)
    addEventListener('pointerup', begin, { capture: true })
    const frame = (now: number) => {
      if (watch.before > 0) watch.frames.push(now - watch.before)
      if (watch.before > 0) watch.before = now
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    Object.assign(window, { benchWatch: watch, benchObserver: observer })
  })
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const before = await busyMs(session)
  await cause()
  await page.waitForFunction(() => {
    const { last } = (window as unknown as { benchWatch: { last: number } }).benchWatch
    return last > 0 && performance.now() - last > 700
  })
  const cpu = (await busyMs(session)) - before
  await session.detach()
  const seen = await page.evaluate(() => {
    const { benchWatch: watch, benchObserver } = window as unknown as {
      benchWatch: { start: number; first: number; last: number; tasks: number[]; frames: number[] }
      benchObserver: MutationObserver
    }
    benchObserver.disconnect()
    return {
      draw: watch.first - watch.start,
      all: watch.last - watch.start,
      longestTask: Math.max(...watch.tasks),
      longestFrame: Math.max(...watch.frames),
    }
  })
  return { ...seen, cpu }
}

/** Drags over a chart from one share of its drawing to another. */
async function dragOver(page: Page, from: number, to: number): Promise<void> {
  const box = await page.locator('[data-chart="loss"] .zoom-layer').boundingBox()
  if (box === null) throw new Error('The loss chart is not in sight.')
  const at = (share: number) => acrossPlot(box, share)
  const y = box.y + 80
  await page.mouse.move(at(from), y)
  await page.mouse.down()
  await page.mouse.move(at((from + to) / 2), y)
  await page.mouse.move(at(to), y)
  await page.mouse.up()
}

const openRun = async (page: Page) => {
  await page.evaluate((run) => {
    dispatchEvent(new Event('bench-start'))
    location.hash = `#/runs/${run}`
  }, BENCH_RUN)
  await page.locator('[data-chart="loss"] path.chart-line').first().waitFor()
}

async function measurePage(dataFolder: string): Promise<Record<string, Times>> {
  const server = await startServe(dataFolder)
  const browser = await launchBrowser()
  try {
    const { page, troubles } = await openPage(browser)
    await page.goto(server.url)
    await page.getByRole('link', { name: /steps/ }).first().waitFor()
    const opening = await measureReaction(page, () => openRun(page))
    const zooms: Reaction[] = []
    const resets: Reaction[] = []
    for (let round = 0; round < rounds; round++) {
      zooms.push(await measureReaction(page, () => dragOver(page, 0.3 + round / 50, 0.42 + round / 50)))
      resets.push(await measureReaction(page, () => page.locator('[data-chart="loss"] .zoom-layer').dblclick()))
    }
    if (troubles.length > 0) throw new Error(troubles.join('\n'))
    const of = (list: readonly Reaction[], key: keyof Reaction) => list.map((reaction) => reaction[key])
    return {
      'open the run: until all charts are drawn, the host included': [opening.all],
      'open the run: longest task': [opening.longestTask],
      'draw the whole run (reset): first chart painted': of(resets, 'draw'),
      'draw the whole run (reset): all 13 charts': of(resets, 'all'),
      'draw the whole run (reset): processor time of the page': of(resets, 'cpu'),
      'draw the whole run (reset): longest task': of(resets, 'longestTask'),
      'zoom by dragging: first chart painted': of(zooms, 'draw'),
      'zoom by dragging: all charts, finer series included': of(zooms, 'all'),
      'zoom by dragging: processor time of the page': of(zooms, 'cpu'),
      'zoom by dragging: longest task': of(zooms, 'longestTask'),
      'zoom by dragging: longest gap between frames': of(zooms, 'longestFrame'),
    }
  } finally {
    await browser.close()
    await server.stop()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'dora-bench-'))
try {
  await ensureBuild(root, () => undefined)
  makeBenchStore(folder, steps)
  const results = { ...(await measureHost(folder)), ...(await measurePage(folder)) }
  const rows = Object.entries(results).map(
    ([what, times]) => `| ${what} | ${best(times).toFixed(0)} | ${median(times).toFixed(0)} |`,
  )
  const table = ['| what | best (ms) | median (ms) |', '|---|---|---|', ...rows].join('\n')
  const text = `${table}\n\nA run of ${steps.toLocaleString('en-US')} steps, 8 metrics at each, 30 modules. ${MACHINE}, ${rounds} rounds, load ${loadavg()[0]?.toFixed(1)}.\n`
  saveResult('charts', text)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
