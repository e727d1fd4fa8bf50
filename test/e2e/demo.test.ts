import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserPath, linesOf, openPage, takePicture } from './browser.ts'
import { realStudio } from './real-studio.ts'
import { fillShortDemo } from './short-demo.ts'

const LAYERS = 6
const MODULES = 30

/** The demo's settings, cut short: enough steps for curves on every chart. */
async function startShortDemo(page: Page): Promise<void> {
  await fillShortDemo(page, 40)
  await page.getByRole('button', { name: 'Validation, logging and checkpoints' }).click()
  await page.getByLabel('Validate every').fill('20')
  await page.getByLabel('ΔM and ΔD every').fill('5')
  await page.getByRole('button', { name: 'Start the run' }).click()
}

/** The whole main job with the real host and engine, by mouse, in a real browser. */
describe.runIf(browserPath !== undefined)('the demo', () => {
  const studio = realStudio()

  test('is trained, survives a reload, and is exported as a merged model that is proved', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.url())
    await page.getByText('No runs yet').waitFor()
    await startShortDemo(page)

    await page.locator('[data-chart="loss"] path.chart-line').first().waitFor()
    await expect.poll(async () => (await linesOf(page, 'loss'))[1]?.split('L').length).toBeGreaterThan(10)
    await takePicture(page, 'demo-live')
    await page.reload()
    await page.locator('[data-chart="loss"] path.chart-line').first().waitFor()
    expect((await linesOf(page, 'loss'))[1]?.split('L').length).toBeGreaterThan(10)

    await page.getByText('Finished', { exact: true }).first().waitFor()
    await expect.poll(() => linesOf(page, 'delta-m')).toHaveLength(LAYERS)
    await expect.poll(() => linesOf(page, 'delta-d')).toHaveLength(LAYERS)
    await expect.poll(() => page.locator('[data-chart="decomposition"] .chart-point').count()).toBe(MODULES)
    await takePicture(page, 'demo-finished')

    await page.getByRole('tab', { name: 'Export' }).click()
    const target = join(studio.folder, 'merged')
    await page.getByRole('combobox', { name: 'Folder' }).fill(target)
    await page.getByRole('button', { name: 'Export merged model' }).click()
    await page.locator('[data-proof="same"]').waitFor()
    await takePicture(page, 'demo-export')
    expect(existsSync(join(target, 'model.safetensors'))).toBe(true)

    await page.getByRole('link', { name: 'Runs', exact: true }).first().click()
    await page.getByRole('row', { name: /Finished/ }).waitFor()
    await takePicture(page, 'demo-history')
    expect(troubles).toEqual([])
  })
})
