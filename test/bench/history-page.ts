import { loadavg } from 'node:os'
import type { Page } from 'playwright-core'
import { launchBrowser, openPage } from '../e2e/browser.ts'
import { startServe } from '../e2e/serve.ts'
import { FRAME_MS, type Smoothness, watchPage } from './page-tasks.ts'
import { markdownTable } from './report.ts'

const TURNS = 40

/** Turns the wheel as a hand does: a notch a frame, down and up again. */
async function scroll(page: Page): Promise<void> {
  await page.mouse.move(640, 500)
  for (const direction of [1, -1])
    for (let turn = 0; turn < TURNS; turn++) {
      await page.mouse.wheel(0, direction * 120)
      await page.waitForTimeout(FRAME_MS)
    }
}

const press = async (page: Page, button: string, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    await page.getByRole('button', { name: button, exact: true }).click()
    await page.waitForTimeout(150)
  }
}

async function openRun(page: Page, runId: string): Promise<void> {
  await page.evaluate((id) => location.assign(`#/runs/${id}`), runId)
  await page.locator('[data-chart="loss"] path.chart-line').first().waitFor()
  await page.waitForTimeout(300)
}

type Scene = { readonly what: string; readonly play: (page: Page) => Promise<void> }

/** What a user does with a long history; each scene begins where the one before it ended. */
const scenes = (runIds: readonly string[]): readonly Scene[] => [
  { what: 'scrolling the list of runs', play: scroll },
  {
    what: 'searching and sorting it',
    play: async (page) => {
      await page.getByRole('searchbox', { name: 'Search runs' }).pressSequentially('steps', { delay: 60 })
      await press(page, 'Steps', 2)
    },
  },
  {
    what: 'paging from run to run, all curves of each',
    play: async (page) => {
      for (const runId of runIds) await openRun(page, runId)
    },
  },
  { what: 'scrolling the charts of a run', play: scroll },
  {
    what: 'zooming into them, along and out again',
    play: async (page) => {
      await press(page, 'Zoom in', 3)
      await press(page, 'Move the zoom to later steps', 4)
      await press(page, 'Move the zoom to earlier steps', 4)
      await press(page, 'Zoom out', 3)
    },
  },
]

const rowOf = (what: string, { gaps, tasks }: Smoothness): string[] => {
  const sorted = gaps.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(0)
  return [
    what,
    String(gaps.length + 1),
    `${at(0.5)} / ${at(0.95)} / ${at(1)}`,
    Math.max(0, ...tasks).toFixed(0),
    String(tasks.filter((task) => task > FRAME_MS).length),
  ]
}

/** The real page on a history, in a real Chromium: frames, and the tasks of its main thread. A Markdown table. */
export async function measurePages(dataFolder: string, runIds: readonly string[]): Promise<string> {
  const server = await startServe(dataFolder)
  const browser = await launchBrowser()
  try {
    const { page, troubles } = await openPage(browser)
    page.setDefaultTimeout(120_000)
    await page.goto(server.url)
    await page.locator('[data-run]').first().waitFor()
    const rows: string[][] = []
    for (const { what, play } of scenes(runIds))
      rows.push(rowOf(what, await watchPage(browser, page, () => play(page))))
    if (troubles.length > 0) throw new Error(troubles.join('\n'))
    const columns = [
      'in the page',
      'frames',
      'gap (ms): median / 95 % / longest',
      'longest task (ms of processor)',
      'tasks longer than a frame',
    ]
    return `${markdownTable(columns, rows)}\n\nLoad of the machine meanwhile ${loadavg()[0]?.toFixed(1)}.`
  } finally {
    await browser.close()
    await server.stop()
  }
}
