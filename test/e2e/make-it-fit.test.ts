import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { seriousFindings } from './axe.ts'
import { browserPath, openPage, takePicture } from './browser.ts'
import { realStudio } from './real-studio.ts'
import { scriptedPage } from './scripted/page.ts'

const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const

const proposals = (page: Page) => page.locator('[data-proposal]')
const limit = (page: Page) => page.getByLabel('Limit in GB')

/** What the memory bar says is needed, in megabytes. */
async function neededMegabytes(page: Page): Promise<number> {
  const text = (await page.getByText(/MB of .* (free|allowed)$/).textContent()) ?? ''
  return Number(/^([0-9.]+) MB of/.exec(text)?.[1])
}

const previewed = (page: Page) => page.locator('[data-preview="fresh"]').waitFor()

/** The demo with the real engine, under a limit that it does not fit into. */
describe.runIf(browserPath !== undefined)('a run that needs more memory than it may have', () => {
  const studio = realStudio()

  test('is made to fit by a click, and put back by another', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.url())
    await page.getByRole('link', { name: 'New run' }).first().click()
    await page.getByRole('button', { name: 'Fill the form with it' }).click()
    await page.getByText('Ready to start').waitFor()
    const needed = await neededMegabytes(page)
    expect(await proposals(page).count()).toBe(0)

    await limit(page).fill(String((needed - 20) / 1000))
    await page.getByRole('alert').getByText('Make it fit').waitFor()
    await proposals(page).first().waitFor()
    await takePicture(page, 'make-it-fit-demo')
    await page.locator('[data-proposal="batch"]').getByRole('button').click()
    await previewed(page)
    await expect.poll(() => page.getByLabel('Batch size').inputValue()).toBe('8')
    expect(await page.getByLabel('Accumulation').inputValue()).toBe('2')
    await expect.poll(() => neededMegabytes(page)).toBeLessThan(needed - 20)
    await expect.poll(() => proposals(page).count()).toBe(0)

    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await expect.poll(() => page.getByLabel('Batch size').inputValue()).toBe('16')
    await proposals(page).first().waitFor()
    // Nothing is small enough for a tenth of a gigabyte: all together are the smallest there is.
    await limit(page).fill('0.1')
    await page.getByText(/^Even all changes together do not fit it into 100 MB/).waitFor()
    await takePicture(page, 'make-it-fit-never')
    await page.reload()
    await page.getByRole('button', { name: 'Fill the form with it' }).click()
    await expect.poll(() => limit(page).inputValue()).toBe('0.1')
    // What does not fit into the limit is refused by the engine, too, whoever starts it.
    await page.getByRole('button', { name: 'Start the run', exact: true }).click()
    await page.getByText(/^This run needs about .* and the limit set for this machine is 100 MB/).waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'Fill the form with it' }).click()
    await limit(page).fill('')
    await previewed(page)
    await expect.poll(() => proposals(page).count()).toBe(0)
    expect(troubles).toEqual([])
  })
})

describe.runIf(browserPath !== undefined)('the proposals', () => {
  const studio = scriptedPage({ totalSteps: 60 })

  test('can be read at both sizes and in both themes, each with its memory, its time and what it loses', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page, troubles } = await openPage(studio.browser(), scheme)
      for (const size of SIZES) {
        await page.setViewportSize(size)
        await page.goto(studio.host().url)
        // The address with the token leads on to one without.
        await page.getByRole('link', { name: 'New run' }).first().waitFor()
        await page.evaluate(() => {
          location.hash = '#/new?model=%2Fopt%2Fmodel&data=%2Fopt%2Fdata.jsonl'
        })
        await previewed(page)
        await limit(page).fill('0.7')
        await proposals(page).first().waitFor()
        const texts = await proposals(page).allInnerTexts()
        expect(texts[0]).toMatch(/Batch size 1, accumulation 8\s+575\sMB,\sfits · about\s1\smin\s37\ss/)
        expect(texts[2]).toMatch(/still\stoo\smuch · .* · cuts\s36\ssamples/)
        expect(await seriousFindings(page)).toEqual([])
        await proposals(page).last().scrollIntoViewIfNeeded()
        await takePicture(page, `make-it-fit-${scheme}-${size.width}`)
        await limit(page).fill('')
        await page.getByText('Ready to start').waitFor()
      }
      expect(troubles).toEqual([])
      await page.context().close()
    }
  })

  test('are of the limit that was meant, not of its first digits: those are never set', async () => {
    const { page, troubles } = await openPage(studio.browser())
    const sent: string[] = []
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        if (String(payload).includes('settings.set')) sent.push(/"memoryLimit":(\w+)/.exec(String(payload))?.[1] ?? '')
      }),
    )
    await page.goto(studio.host().url)
    await page.getByRole('link', { name: 'Settings' }).first().click()
    const field = page.getByLabel('Limit of memory in GB')
    await field.pressSequentially('16.5')
    await field.blur()
    await expect.poll(() => sent, { timeout: 10_000 }).toEqual(['16500000000'])
    await field.fill('')
    await expect.poll(() => sent).toEqual(['16500000000', 'null'])
    // Reloaded before the pause is over, the page keeps it all the same.
    await field.fill('8')
    await page.reload()
    await expect.poll(() => field.inputValue()).toBe('8')
    expect(troubles).toEqual([])
  })
})
