// Draws every icon of the studio from the two SVG files here, in the Chromium of the tests: `node resources/icons/make-icons.ts`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../../test/e2e/browser.ts'
import { ICNS_SIZES, icnsOf, icoOf } from './containers.ts'

const here = import.meta.dirname
const APP = 'public/icon.svg'
const TRAY = 'tray.svg'
const LINUX_SIZES = [16, 24, 32, 48, 64, 128, 256, 512]
const WINDOWS_SIZES = [16, 24, 32, 48, 64, 256]
/** Apple's icons leave a tenth of their square free on each side. */
const APPLE_MARGIN = 0.1

/** Draws `file` into a square of `size` pixels, with a part of it left free on each side. */
async function draw(page: Page, file: string, size: number, margin = 0): Promise<Buffer> {
  const source = readFileSync(join(here, file)).toString('base64')
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(
    `<style>body { margin: 0 } img { display: block; box-sizing: border-box; width: 100vw; height: 100vh; padding: ${margin * size}px }</style>
     <img src="data:image/svg+xml;base64,${source}">`,
  )
  await page.evaluate(() => document.images[0]?.decode())
  return page.screenshot({ omitBackground: true })
}

function save(path: string, content: Buffer): void {
  mkdirSync(join(here, path, '..'), { recursive: true })
  writeFileSync(join(here, path), content)
}

async function drawAll(page: Page): Promise<void> {
  for (const size of LINUX_SIZES) save(`linux/${size}.png`, await draw(page, APP, size))
  const windows = []
  for (const size of WINDOWS_SIZES) windows.push({ size, png: await draw(page, APP, size) })
  save('icon.ico', icoOf(windows))
  const apple = new Map<number, Buffer>()
  for (const size of ICNS_SIZES) apple.set(size, await draw(page, APP, size, APPLE_MARGIN))
  save(
    'icon.icns',
    icnsOf((size) => apple.get(size) ?? Buffer.alloc(0)),
  )
  // Electron takes the file with @2x on dense screens, and the word Template as a sign to recolour it on macOS.
  for (const [suffix, scale] of [
    ['', 1],
    ['@2x', 2],
  ] as const) {
    save(`desktop/tray${suffix}.png`, await draw(page, APP, 22 * scale))
    save(`desktop/trayTemplate${suffix}.png`, await draw(page, TRAY, 16 * scale))
  }
}

const browser = await launchBrowser()
await drawAll(await browser.newPage())
await browser.close()
