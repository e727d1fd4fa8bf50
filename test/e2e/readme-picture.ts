/**
 * Makes resources/screenshots/run.png, the picture of the README, from a real run of the demo (some minutes):
 * `node test/e2e/readme-picture.ts`, or with a data folder whose newest run is shown instead.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureBuild } from '../../main/setup/build.ts'
import { ACTIVE_STATUSES } from '../../shared/domain/run.ts'
import { launchBrowser, openPage } from './browser.ts'
import { callStudio } from './call-studio.ts'
import { startServe } from './serve.ts'

const root = resolve(import.meta.dirname, '../..')
const SIZE = { width: 1280, height: 1500 }
/** Thirteen charts are drawn one after another. */
const DRAWN_MS = 4_000

/** The newest run, or that of the demo where there is none; at its end. */
async function finishedRun(url: string): Promise<string> {
  const newest = (await callStudio(url, 'runs.list', {}))[0]
  const { id } = newest ?? (await callStudio(url, 'runs.start', await callStudio(url, 'demo.config', {})))
  while (ACTIVE_STATUSES.includes((await callStudio(url, 'runs.get', { runId: id })).status)) await sleep(1_000)
  return id
}

async function takeRun(url: string): Promise<void> {
  const id = await finishedRun(url)
  const browser = await launchBrowser()
  try {
    const { page } = await openPage(browser, 'dark')
    await page.setViewportSize(SIZE)
    await page.goto(url)
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor()
    await page.evaluate((run) => location.assign(`#/runs/${run}`), id)
    await page.locator('[data-chart="delta-d"] path.chart-line').first().waitFor()
    await sleep(DRAWN_MS)
    await page.screenshot({ path: join(root, 'resources/screenshots/run.png') })
  } finally {
    await browser.close()
  }
}

const given = process.argv[2]
const folder = given ?? mkdtempSync(join(tmpdir(), 'dora-picture-'))
await ensureBuild(root, (text) => console.error(text))
const server = await startServe(folder)
try {
  await takeRun(server.url)
} finally {
  await server.stop()
  if (given === undefined) rmSync(folder, { recursive: true, force: true })
}
