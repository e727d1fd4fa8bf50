import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserPath, openPage, takePicture } from './browser.ts'
import { realStudio } from './real-studio.ts'
import { fillShortDemo } from './short-demo.ts'

/** The demo, cut short: enough steps to know some of the eight kinds. */
async function trainShortly(page: Page): Promise<void> {
  await fillShortDemo(page, 60)
  await page.getByRole('button', { name: 'Start the run' }).click()
  await page.getByText('Finished', { exact: true }).first().waitFor()
}

/** The likeliest of the label words, and its share in per cent. */
const topLabel = async (page: Page, column: number) => {
  const row = page
    .getByRole('group', { name: /^Answer of/ })
    .nth(column)
    .locator('[data-label]')
    .first()
  return {
    label: await row.getAttribute('data-label'),
    share: Number.parseFloat((await row.textContent())?.match(/[\d.]+%/)?.[0] ?? ''),
  }
}

/** The real host, engines and demo model: train, then talk to what came out. */
describe.runIf(browserPath !== undefined)('a conversation with a trained model', () => {
  const studio = realStudio()

  test('base and tuned answer beside each other; the tuned one has learnt the kinds, and its merged export answers as it does', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.url())
    await page.getByText('No runs yet').waitFor()
    await trainShortly(page)
    await page.getByRole('link', { name: 'Try it' }).click()
    await expect.poll(() => page.locator('[data-model="ready"]').count()).toBe(2)
    const box = page.getByRole('textbox', { name: 'Your text' })
    await box.fill('beetroot soup: a dish made of beets, eaten hot or cold')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('[data-answer="done"]').count()).toBe(2)
    const [base, tuned] = [await topLabel(page, 0), await topLabel(page, 1)]
    expect(tuned.label).toBe('food')
    expect(tuned.share).toBeGreaterThan(50)
    expect(base.share).toBeLessThan(5)
    await takePicture(page, 'chat-real')

    await page.reload()
    await expect.poll(() => page.locator('[data-answer="done"]').count()).toBe(2)

    await page.getByRole('link', { name: 'Runs', exact: true }).first().click()
    await page.getByRole('link', { name: 'kinds-dora' }).first().click()
    await page.getByRole('tab', { name: 'Export' }).click()
    await page.getByRole('combobox', { name: 'Folder' }).fill(join(studio.folder, 'merged'))
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Export merged model' }).click()
    await page.locator('[data-export="finished"]').getByRole('link', { name: 'Try it' }).click()
    await expect.poll(() => page.locator('[data-model="ready"]').count()).toBe(2)
    await box.fill('beetroot soup: a dish made of beets')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('[data-answer="done"]').count()).toBe(2)
    // The export is asked through its run's own template.
    expect((await topLabel(page, 1)).label).toBe('food')
    // A narrow column shows it with the name alone.
    await page.locator('.chat-name[title*="export of kinds-dora"]').waitFor()
    expect(troubles).toEqual([])
  })

  test('after the death of the host the page is back with what was said, and the conversation goes on', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.url())
    await page.getByRole('link', { name: 'kinds-dora' }).first().click()
    await page.getByRole('link', { name: 'Try it' }).click()
    await expect.poll(() => page.locator('[data-model="ready"]').count()).toBe(2)
    const answered = () => page.locator('[data-answer="done"]').count()
    const before = await answered()
    expect(before).toBeGreaterThan(0)
    await studio.kill()
    await page.getByText('No connection to the studio’s host').waitFor()
    await studio.restart()
    await page.getByText('No connection to the studio’s host').waitFor({ state: 'detached' })
    await expect.poll(answered).toBe(before)
    // Models are loaded again when there is something to answer.
    await page.getByRole('textbox', { name: 'Your text' }).fill('oak: a large tree')
    await page.getByRole('button', { name: 'Send' }).click()
    await expect.poll(answered).toBe(before + 2)
    expect(await page.locator('[data-model="ready"]').count()).toBe(2)
    const refused = /ERR_CONNECTION_REFUSED|WebSocket connection/
    expect(troubles.filter((text) => !refused.test(text))).toEqual([])
  })
})
