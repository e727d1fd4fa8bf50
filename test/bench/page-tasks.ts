import type { Browser, Page } from 'playwright-core'

/** A frame at 60 a second. */
export const FRAME_MS = 1000 / 60

/** What a page did while something went on. Times in ms; `cpu`: of its main thread, whatever else the machine did. */
export type Smoothness = {
  /** Gaps between the frames that were drawn. */
  readonly gaps: readonly number[]
  /** Processor time of every task of the main thread; one longer than a frame drops frames by our own work. */
  readonly tasks: readonly number[]
}

type TraceEvent = {
  readonly ph: string
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** Processor time of the tasks of the busiest page in a trace, in ms. */
function tasksOf(events: readonly TraceEvent[]): number[] {
  const main = new Map<string, number[]>()
  for (const { name, pid, tid, args } of events)
    if (name === 'thread_name' && args?.name === 'CrRendererMain') main.set(`${pid} ${tid}`, [])
  for (const { ph, name, pid, tid, tdur } of events)
    if (ph === 'X' && name === 'RunTask' && tdur !== undefined) main.get(`${pid} ${tid}`)?.push(tdur / 1000)
  const total = (tasks: readonly number[]) => tasks.reduce((sum, task) => sum + task, 0)
  return [...main.values()].toSorted((a, b) => total(b) - total(a))[0] ?? []
}

/** Watches a page while `work` goes on, and half a second after it. */
export async function watchPage(browser: Browser, page: Page, work: () => Promise<void>): Promise<Smoothness> {
  await page.evaluate(() => {
    const frames: number[] = []
    const frame = (now: number) => {
      frames.push(now)
      if ('benchFrames' in window) requestAnimationFrame(frame)
    }
    Object.assign(window, { benchFrames: frames })
    requestAnimationFrame(frame)
  })
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline', 'toplevel'] })
  await work()
  await page.waitForTimeout(500)
  const trace = JSON.parse((await browser.stopTracing()).toString('utf8')) as { traceEvents: TraceEvent[] }
  const frames = await page.evaluate(() => {
    const { benchFrames } = window as unknown as { benchFrames: number[] }
    Reflect.deleteProperty(window, 'benchFrames')
    return benchFrames
  })
  return { gaps: frames.slice(1).map((now, i) => now - (frames[i] ?? now)), tasks: tasksOf(trace.traceEvents) }
}
