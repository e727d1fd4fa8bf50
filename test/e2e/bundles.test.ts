import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { tinyModel } from '../training/tiny-model.ts'
import { seriousFindings } from './axe.ts'
import { browserPath, openPage, takePicture } from './browser.ts'
import { callStudio } from './call-studio.ts'
import { realStudio } from './real-studio.ts'

describe.runIf(browserPath !== undefined)('runs as files', () => {
  const studio = realStudio()
  const at = (...names: string[]) => join(studio.folder, ...names)
  const NAME = 'A run to keep'
  let runId = ''

  beforeAll(async () => {
    await tinyModel(at('model'))
    writeFileSync(at('train.jsonl'), '{"instruction":"a","input":"oak: a tall tree","output":"plant"}\n'.repeat(12))
    const files = { model_name_or_path: at('model'), train_file: at('train.jsonl'), backend: 'portable' } as const
    const config = { ...files, run_name: NAME, max_steps: 3, trajectory_steps: 0, r: 2 }
    runId = (await callStudio(studio.url(), 'runs.start', config)).id
    while ((await callStudio(studio.url(), 'runs.get', { runId })).status !== 'finished') await delay(100)
  })

  async function open(): Promise<{ page: Page; troubles: string[] }> {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.url())
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor()
    return { page, troubles }
  }
  /** An entry of the menu of the run. */
  async function choose(page: Page, entry: string): Promise<void> {
    await page.evaluate((place) => location.assign(place), `#/runs/${runId}`)
    await page.getByRole('button', { name: `More for ${NAME}` }).click()
    await page.getByRole('menuitem', { name: entry }).click()
  }
  async function type(page: Page, field: string, path: string): Promise<void> {
    await page.getByRole('combobox', { name: field }).fill(path)
    await page.keyboard.press('Escape')
  }

  test('the menu of a run is one for everybody: nothing serious is found in it, and keys lead through it', async () => {
    const { page } = await open()
    await page.evaluate((place) => location.assign(place), `#/runs/${runId}`)
    await page.getByRole('button', { name: `More for ${NAME}` }).click()
    await page.getByRole('menuitem', { name: 'Rename' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    const focused = () => page.evaluate(() => document.activeElement?.textContent)
    await expect.poll(focused).toBe('Rename')
    await page.keyboard.press('ArrowDown')
    expect(await focused()).toBe('Tags and notes')
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'hidden' })
  })

  test('a run is saved as a bundle and taken up from it, with its curves and without a way to resume; faults are told in the dialog', async () => {
    const { page, troubles } = await open()
    await choose(page, 'Save as a bundle')
    const saving = page.getByRole('dialog', { name: 'Save as a bundle' })
    await type(page, 'File', at('train.jsonl', 'kept.dorarun'))
    await saving.getByRole('button', { name: 'Save' }).click()
    await saving.getByRole('alert').getByText('The run was not saved').waitFor()
    await saving.getByText(`${at('train.jsonl')} is no folder that is there`).waitFor()
    await type(page, 'File', at('kept.dorarun'))
    await takePicture(page, 'bundle-save')
    expect(await seriousFindings(page)).toEqual([])
    await saving.getByRole('button', { name: 'Save' }).click()
    await page.getByText('The run is saved').waitFor()
    await saving.waitFor({ state: 'hidden' })

    await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Runs' }).click()
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    const importing = page.getByRole('dialog', { name: 'Import a run' })
    await type(page, 'Bundle', at('train.jsonl'))
    await importing.getByRole('button', { name: 'Import' }).click()
    await importing.getByRole('alert').getByText('The run was not imported').waitFor()
    await takePicture(page, 'bundle-import-refused')
    await type(page, 'Bundle', at('kept.dorarun'))
    await importing.getByRole('button', { name: 'Import' }).click()
    await page.getByRole('heading', { name: NAME, level: 1 }).waitFor()
    await page.getByText('Imported', { exact: true }).first().waitFor()
    expect(page.url()).not.toContain(runId)
    expect(await page.getByRole('button', { name: 'Resume' }).count()).toBe(0)
    await page.locator('[data-chart] path.chart-line').first().waitFor({ state: 'attached' })
    await takePicture(page, 'bundle-imported')
    expect(await callStudio(studio.url(), 'runs.list', {})).toHaveLength(2)
    expect(troubles).toEqual([])
  })

  test('a run is made again: to the same numbers where nothing changed, and what changed is told before it starts', async () => {
    const { page } = await open()
    await choose(page, 'Run again, the same')
    const dialog = page.getByRole('dialog', { name: 'Run again with the same settings' })
    await dialog.getByText('the same, to the last bit').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Start' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.getByText('Finished', { exact: true }).first().waitFor()
    const [, again] = /#\/runs\/([^/?]+)/.exec(page.url()) ?? []
    const compared = await callStudio(studio.url(), 'bundles.compare', { runId, with: again ?? '' })
    expect(compared).toMatchObject({ differing: 0, compared: expect.toSatisfy((count: number) => count > 0) })

    appendFileSync(at('train.jsonl'), '{"instruction":"a","input":"ash: a tree","output":"plant"}\n')
    await choose(page, 'Run again, the same')
    await dialog.getByText('The data files are not those the run was made with').waitFor()
    await takePicture(page, 'bundle-reproduce-changed')
    await dialog.getByRole('button', { name: 'Cancel' }).click()
  })
})
