import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserPath, openPage } from './browser.ts'
import { scriptedPage } from './scripted/page.ts'

const CHECKPOINT = { step: 60, folder: '/c', bytes: 1, evalLoss: 1, best: true, createdAt: 1 }

/** Each form whose button follows a field for a path. */
const FORMS = [
  { hash: '#/runs/done/export', field: 'Folder', button: 'Export merged model' },
  { hash: '#/models', field: 'Add a model folder', button: 'Add model' },
  { hash: '#/models', field: 'Folder for the merged model', button: 'Merge' },
  { hash: '#/data', field: 'Validation file', button: 'Look again' },
] as const

/** Whether the middle of the button is what a click there would meet. */
async function isFree(page: Page, button: string): Promise<boolean> {
  const found = page.getByRole('button', { name: button, exact: true })
  await found.scrollIntoViewIfNeeded()
  return found.evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect()
    return element.contains(document.elementFromPoint(x + width / 2, y + height / 2))
  })
}

describe.runIf(browserPath !== undefined)('paths that are offered', () => {
  const studio = scriptedPage({ totalSteps: 60 }, (host) =>
    host.seed([{ id: 'done', status: 'finished', step: 60, totalSteps: 60, phase: null, checkpoints: [CHECKPOINT] }]),
  )

  test.each(FORMS)('$button is not covered by what $field offers', async ({ hash, field, button }) => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor()
    await page.evaluate((next) => location.assign(next), hash)
    await page.getByRole('combobox', { name: field }).fill('/home/user/')
    await page.getByRole('option', { name: '/home/user/models/' }).waitFor()
    expect(await isFree(page, button)).toBe(true)
    expect(troubles).toEqual([])
  })

  test('a field that is reached by the keyboard is not behind the status bar', async () => {
    const { page } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor()
    await page.evaluate(() => location.assign('#/models'))
    const field = page.getByRole('combobox', { name: 'Adapter folder' })
    await field.waitFor()
    await page.getByRole('link', { name: 'Train it' }).focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    const covered = await page.evaluate(() => {
      const box = document.activeElement?.getBoundingClientRect()
      const bar = document.querySelector('.studio-status')?.getBoundingClientRect()
      return box !== undefined && bar !== undefined && box.bottom > bar.top
    })
    expect(covered).toBe(false)
  })
})
