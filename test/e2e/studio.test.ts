import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserPath, linesOf, openPage } from './browser.ts'
import { realStudio } from './real-studio.ts'

/** Tabs on until the element with this accessible name has the focus: what a user without a mouse does. */
async function tabTo(page: Page, name: RegExp, most = 160): Promise<void> {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab')
    const label = await page.evaluate(() => {
      const element = document.activeElement
      const own = element?.getAttribute('aria-label') ?? element?.textContent ?? ''
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : []
      return [own, ...labels.map(({ textContent }) => textContent)].join(' ').trim()
    })
    if (name.test(label)) return
  }
  throw new Error(`${name} cannot be reached by the Tab key.`)
}

/** Types over what a field holds. */
async function typeInto(page: Page, name: RegExp, text: string): Promise<void> {
  await tabTo(page, name)
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type(text)
}

/** The real host and engine, with what goes wrong in real life. */
describe.runIf(browserPath !== undefined)('the studio', () => {
  const studio = realStudio()

  test('the demo is trained and exported by the keyboard alone', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.url())
    await page.getByText('No runs yet').waitFor()
    await tabTo(page, /^New run$/)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'New run', level: 1 }).waitFor()
    await tabTo(page, /^Fill the form with it$/)
    await page.keyboard.press('Enter')
    await page.getByText('Ready to start').waitFor()
    await tabTo(page, /^Schedule and length$/)
    await page.keyboard.press('Enter')
    await typeInto(page, /^Most steps$/, '12')
    await page.getByText('12, 0.024 epochs').waitFor()
    await tabTo(page, /^Start the run$/)
    await page.keyboard.press('Enter')
    await page.getByText('Finished', { exact: true }).first().waitFor()
    await tabTo(page, /^Export$/)
    await page.keyboard.press('Enter')
    const target = join(studio.folder, 'by-keyboard')
    await typeInto(page, /^Folder$/, target)
    await page.keyboard.press('Escape')
    await tabTo(page, /^Export merged model$/)
    await page.keyboard.press('Enter')
    await page.locator('[data-proof="same"]').waitFor()
    expect(existsSync(join(target, 'model.safetensors'))).toBe(true)
    expect(troubles).toEqual([])
  })

  test('a host killed in the middle of a run comes back: two windows reconnect, the run is interrupted and resumed', async () => {
    const first = await openPage(studio.browser())
    const second = await openPage(studio.browser(), 'dark')
    await first.page.goto(studio.url())
    await first.page.getByRole('link', { name: 'New run' }).first().click()
    await first.page.getByRole('button', { name: 'Fill the form with it' }).click()
    await first.page.getByRole('button', { name: 'Validation, logging and checkpoints' }).click()
    await first.page.getByLabel('Checkpoint every').fill('5')
    await first.page.getByRole('button', { name: 'Start the run' }).click()
    await expect.poll(async () => (await linesOf(first.page, 'loss'))[1]?.split('L').length).toBeGreaterThan(8)
    await second.page.goto(studio.url())
    await second.page.getByRole('link', { name: 'kinds-dora' }).first().click()
    await second.page.getByText('Running', { exact: true }).first().waitFor()

    await studio.kill()
    for (const { page } of [first, second]) await page.getByText('No connection to the studio’s host').waitFor()
    await studio.restart()
    for (const { page } of [first, second]) {
      await page.getByText('Interrupted', { exact: true }).first().waitFor()
      await page.getByText('No connection to the studio’s host').waitFor({ state: 'detached' })
    }
    await second.page.getByRole('button', { name: 'Resume' }).click()
    await first.page.getByText('Running', { exact: true }).first().waitFor()
    await first.page.getByRole('button', { name: 'Pause' }).click()
    for (const { page } of [first, second]) await page.getByText('Stopped', { exact: true }).first().waitFor()
    const refused = /ERR_CONNECTION_REFUSED|WebSocket connection/
    expect([...first.troubles, ...second.troubles].filter((text) => !refused.test(text))).toEqual([])
  })
})
