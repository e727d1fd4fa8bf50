import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { seriousFindings } from './axe.ts'
import { browserPath, openPage } from './browser.ts'
import { scriptedPage } from './scripted/page.ts'

/** The status bar lies over the foot of the window. */
const STATUS_BAR = 32
const NEW_RUN = '#/new?model=%2Fopt%2Fmodel&data=%2Fopt%2Fdata.jsonl'
const SIX = ['base%3Adone', 'tuned%3Adone', 'tuned%3Atwo', 'tuned%3Athree', 'tuned%3Afour', 'tuned%3Afive']

const goTo = (page: Page, hash: string) =>
  page.evaluate((next) => {
    location.hash = next
  }, hash)
const scrolled = (page: Page) => page.evaluate(() => Math.round(scrollY))

/** What a user must find where a window is small, and again where they come back. */
describe.runIf(browserPath !== undefined)('within reach', () => {
  const studio = scriptedPage({ totalSteps: 60 }, (host) => {
    const done = { status: 'finished' as const, step: 60, totalSteps: 60, endedAt: Date.now(), phase: null }
    host.seed(['done', 'two', 'three', 'four', 'five'].map((id) => ({ ...done, id, name: `Kinds of things (${id})` })))
  })

  async function open() {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByText('Kinds of things (done)').first().waitFor()
    return { page, troubles }
  }

  /** Whether the start button can be pressed where it is, with nothing over it. */
  const startIsInSight = (page: Page) =>
    page.getByRole('button', { name: 'Start the run', exact: true }).evaluate((button, statusBar) => {
      const { x, y, width, height } = button.getBoundingClientRect()
      const above = document.elementFromPoint(x + width / 2, y + height / 2)
      return y >= 0 && y + height <= innerHeight - statusBar && button.contains(above)
    }, STATUS_BAR)

  test('the start button, however much the preview has to say and wherever the form is scrolled to', async () => {
    const { page, troubles } = await open()
    await goTo(page, NEW_RUN)
    await page.getByText('Ready to start').waitFor()
    expect(await startIsInSight(page)).toBe(true)
    await page.getByLabel('Limit in GB').fill('0.7')
    await page.locator('[data-proposal]').last().waitFor()
    expect(await startIsInSight(page)).toBe(true)
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
    expect(await startIsInSight(page)).toBe(true)
    await page.getByRole('button', { name: 'What would make it fit' }).click()
    await page.getByRole('button', { name: /^Change to: Batch size/ }).click()
    await expect.poll(() => page.getByLabel('Batch size').inputValue()).toBe('1')
    expect(troubles).toEqual([])
  })

  test('six models side by side in a window of 1280', async () => {
    const { page, troubles } = await open()
    await goTo(page, `#/chat?${SIX.map((model) => `m=${model}`).join('&')}`)
    await page.getByText('tokens of context').first().waitFor()
    const [inside, shown] = await page
      .getByRole('log')
      .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])
    expect(inside).toBe(shown)
    await page.getByText('Kinds of things (three)', { exact: true }).first().waitFor()
    expect(troubles).toEqual([])
  })

  test('the place on a screen that one goes back to, and another screen begins at its top', async () => {
    const { page, troubles } = await open()
    await goTo(page, '#/data')
    await page.getByText('Findings').waitFor()
    await page.evaluate(() => scrollTo(0, 400))
    await expect.poll(() => page.evaluate(() => history.state?.scroll)).toBe(400)
    await goTo(page, '#/settings')
    await page.getByText('Tell me when a run ends').waitFor()
    await expect.poll(() => scrolled(page)).toBe(0)
    await page.goBack()
    await page.getByText('Findings').waitFor()
    await expect.poll(() => scrolled(page)).toBe(400)
    await page.reload()
    await page.getByText('Findings').waitFor()
    await expect.poll(() => scrolled(page)).toBe(400)
    await page.goForward()
    await page.getByText('Tell me when a run ends').waitFor()
    await expect.poll(() => scrolled(page)).toBe(0)
    expect(troubles).toEqual([])
  })

  test('settings of a model on the hub ask for no folder; those of files beside them do', async () => {
    const { page, troubles } = await open()
    await goTo(page, '#/new')
    await page.getByRole('button', { name: 'Import YAML' }).click()
    const text = page.getByRole('textbox', { name: 'Settings as YAML' })
    await text.fill('model_name_or_path: org/name\ntrain_file: data.jsonl')
    await page.getByRole('combobox', { name: 'Folder of the file' }).waitFor()
    await text.fill('model_name_or_path: org/name\ntrain_file: /opt/data.jsonl')
    await expect.poll(() => page.getByRole('combobox', { name: 'Folder of the file' }).count()).toBe(0)
    expect(troubles).toEqual([])
  })

  test.each(['Rename', 'Tags and notes', 'Save as a bundle', 'Delete'])(
    'Escape leaves the dialog “%s” as it was, with the focus where it came from',
    async (entry) => {
      const { page, troubles } = await open()
      await goTo(page, '#/runs/done')
      const more = page.getByRole('button', { name: 'More for Kinds of things (done)' })
      await more.click()
      await page.getByRole('menuitem', { name: entry, exact: true }).click()
      const dialog = page.getByRole('dialog')
      await dialog.waitFor()
      await expect.poll(() => dialog.evaluate((box) => box.contains(document.activeElement))).toBe(true)
      expect(await seriousFindings(page)).toEqual([])
      await page.keyboard.press('Escape')
      await expect.poll(() => dialog.count()).toBe(0)
      await expect.poll(() => more.evaluate((button) => button === document.activeElement)).toBe(true)
      expect(troubles).toEqual([])
    },
  )
})
