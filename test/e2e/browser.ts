import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { PLOT_MARGIN } from '../../renderer/charts/plot-size.ts'
import { PATIENCE_MS } from '../patience.ts'

const root = resolve(import.meta.dirname, '../..')
/** Where pictures for people go. */
export const screenshots = join(root, 'dist/screenshots')

/** Where Chromium, Chrome or Edge usually are; DORA_TEST_BROWSER goes before them. */
const PLACES = [
  process.env.DORA_TEST_BROWSER,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The browser of this machine; tests of the page need one. */
export const browserPath = PLACES.find((path) => path !== undefined && existsSync(path))

/** Ends the pages a test has left open, so that they do not go on at the cost of the next. */
export async function closePages(browser: Browser | undefined): Promise<void> {
  await Promise.all(browser?.contexts().map((context) => context.close()) ?? [])
}

export function launchBrowser(): Promise<Browser> {
  if (browserPath === undefined) throw new Error('No Chromium found; set DORA_TEST_BROWSER to one.')
  return chromium.launch({ executablePath: browserPath, args: ARGUMENTS })
}

/** A page, and what went wrong in it: errors and warnings of the console, exceptions, refused requests. */
export async function openPage(browser: Browser, scheme: 'light' | 'dark' = 'light') {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: scheme })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const troubles: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text())
  })
  page.on('pageerror', (error) => troubles.push(error.message))
  return { page, troubles }
}

/** Saves a picture of the page in the build folder, for people. */
export async function takePicture(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true })
  await page.screenshot({ path: join(screenshots, `${name}.png`) })
}

/** The lines of a chart as SVG path data. */
export const linesOf = (page: Page, chart: string): Promise<string[]> =>
  page
    .locator(`[data-chart="${chart}"] path.chart-line`)
    .evaluateAll((paths) => paths.map((path) => path.getAttribute('d') ?? ''))

/** Where a share of the run is on a drawing, across the page in pixels. */
export const acrossPlot = (box: { readonly x: number; readonly width: number }, share: number): number =>
  box.x + PLOT_MARGIN.left + share * (box.width - PLOT_MARGIN.left - PLOT_MARGIN.right)
