import { describe, expect, test } from 'vitest'
import { browserPath, linesOf, openPage, takePicture } from './browser.ts'
import { scriptedPage } from './scripted/page.ts'

const TOTAL_STEPS = 200

/** The page in a real browser against a host that plays a run, so that every state comes quickly and surely. */
describe.runIf(browserPath !== undefined)('the page', () => {
  const studio = scriptedPage({ totalSteps: TOTAL_STEPS })

  /** The page of a finished run with one checkpoint, where it is exported. */
  async function openExport() {
    const checkpoint = { step: 20, folder: '/c', bytes: 1, evalLoss: 1, best: true, createdAt: 1 }
    studio.host().seed([{ id: 'done', status: 'finished', step: 20, totalSteps: 20, checkpoints: [checkpoint] }])
    const opened = await openPage(studio.browser())
    await opened.page.goto(studio.host().url)
    await opened.page.getByRole('link', { name: /Kinds of things/ }).click()
    await opened.page.getByRole('tab', { name: 'Export' }).click()
    return opened
  }

  test('a run is started, watched, and found again after a reload', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByText('No runs yet').waitFor()
    expect(page.url()).not.toContain('token')
    await page.getByRole('button', { name: 'Start the demo run' }).click()
    await page.locator('[data-chart="loss"] path.chart-line').first().waitFor()
    const early = await linesOf(page, 'loss')
    await expect
      .poll(async () => (await linesOf(page, 'loss'))[1]?.length)
      .toBeGreaterThan((early[1]?.length ?? 0) + 50)

    await page.reload()
    await page.getByText('Running', { exact: true }).first().waitFor()
    studio.host().setPace(5)
    await page.getByText('Finished', { exact: true }).first().waitFor()
    await expect.poll(() => linesOf(page, 'delta-m')).toHaveLength(6)
    await expect.poll(() => linesOf(page, 'delta-d')).toHaveLength(6)
    await expect.poll(() => page.locator('[data-chart="decomposition"] .chart-point').count()).toBe(30)
    expect(await page.locator('[data-chart="decomposition"] .chart-fit').count()).toBe(1)
    expect(await page.getByText('73.1%').count()).toBeGreaterThan(0)
    expect(troubles).toEqual([])
  })

  test('nothing is lost when the connection breaks', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByRole('button', { name: 'Start the demo run' }).click()
    await page.locator('[data-chart="loss"] path.chart-line').first().waitFor()
    studio.host().dropConnections()
    studio.host().setPace(5)
    await page.getByText('Finished', { exact: true }).first().waitFor()
    await expect.poll(async () => (await linesOf(page, 'loss'))[0]?.split('L').length).toBe(TOTAL_STEPS)
    expect(troubles).toEqual([])
  })

  test('a run is stopped with a checkpoint and resumed to the end', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByRole('button', { name: 'Start the demo run' }).click()
    await page.locator('[data-chart="loss"] path.chart-line').first().waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('button', { name: 'Save checkpoint and stop' }).click()
    await page.getByText('Stopped', { exact: true }).first().waitFor()
    studio.host().setPace(5)
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('Finished', { exact: true }).first().waitFor()
    expect(troubles).toEqual([])
  })

  test('an export shows its progress, its files and the proof', async () => {
    studio.host().seed([
      {
        id: 'done',
        status: 'finished',
        step: 20,
        totalSteps: 20,
        checkpoints: [{ step: 20, folder: '/c', bytes: 1, evalLoss: 1, best: true, createdAt: 1 }],
      },
    ])
    const { page, troubles } = await openPage(studio.browser(), 'dark')
    await page.goto(studio.host().url)
    await page.getByRole('link', { name: /Kinds of things/ }).click()
    await page.getByRole('tab', { name: 'Export' }).click()
    await page.getByRole('button', { name: 'Export merged model' }).click()
    await page.getByText('Merging the weights').waitFor()
    await page.locator('[data-proof="same"]').waitFor()
    await page.getByRole('cell', { name: 'model.safetensors' }).waitFor()
    await takePicture(page, 'page-export')
    expect(troubles).toEqual([])
  })

  test('a GGUF is written in a dtype of its own, with what the user should know of it', async () => {
    const { page, troubles } = await openExport()
    const dtype = page.getByRole('combobox', { name: 'Number format (dtype)' })
    expect(await dtype.locator('option[value="q8_0"]').count()).toBe(0)
    await page.getByRole('radio', { name: 'GGUF (llama.cpp, Ollama)' }).click()
    await dtype.selectOption('q8_0')
    expect(await dtype.locator('option[value="q8_0"]').textContent()).toMatch(/^q8_0, 8 bits .*, about 6\.4\d* MB$/)
    await page.getByRole('button', { name: 'Export GGUF' }).click()
    await page.getByRole('cell', { name: 'kinds-Q8_0.gguf' }).waitFor()
    await page.getByText('rounded to q8_0, as it is written, 0.2').waitFor()
    await page.getByText('The Modelfile has no TEMPLATE.').waitFor()
    expect(await page.locator('[data-export="finished"]').getByRole('link', { name: 'Try it' }).count()).toBe(0)
    await takePicture(page, 'page-export-gguf')
    // What only a GGUF can be is not kept for a merged model.
    await page.getByRole('radio', { name: 'Merged model' }).click()
    expect(await dtype.inputValue()).toBe('')
    expect(troubles).toEqual([])
  })

  test('an export that would not fit is said to beside its folder, and cannot be started', async () => {
    const { page, troubles } = await openExport()
    const folder = page.getByRole('combobox', { name: 'Folder' })
    const start = page.getByRole('button', { name: 'Export merged model' })
    await page.getByText('512 GB are free there.').waitFor()
    await folder.fill('/small/out')
    await page.getByText('While it is written, this export takes about 24.2 MB, but / has 2 MB free.').waitFor()
    expect([await folder.getAttribute('aria-invalid'), await start.isDisabled()]).toEqual(['true', true])
    await takePicture(page, 'page-export-disk')
    // The adapter is small enough.
    await page.getByRole('radio', { name: 'Adapter (PEFT)' }).click()
    await page.getByText('2 MB are free there.').waitFor()
    expect(await page.getByRole('button', { name: 'Export adapter' }).isDisabled()).toBe(false)
    expect(troubles).toEqual([])
  })

  test('the form names what is wrong beside the field and does not start', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByRole('link', { name: 'New run' }).first().click()
    await page.getByLabel('Learning rate', { exact: true }).fill('fast')
    await page.getByRole('button', { name: 'Start the run' }).click()
    await page.getByText('Give a number.').waitFor()
    expect(await page.getByText('Give a path.').count()).toBe(2)
    expect(await page.getByLabel('Learning rate', { exact: true }).getAttribute('aria-invalid')).toBe('true')
    await page.getByRole('radio', { name: 'Full fine-tuning' }).click()
    expect(await page.getByLabel('Rank', { exact: true }).count()).toBe(0)
    expect(troubles).toEqual([])
  })

  test('all screens can be reached by the keyboard', async () => {
    const { page } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByText('No runs yet').waitFor()
    for (const name of ['New run', 'Doctor']) {
      await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name, level: 1 }).waitFor()
    }
  })

  test('without a token the page says how to get in', async () => {
    const { page } = await openPage(studio.browser())
    await page.goto(studio.host().url.split('#')[0] ?? '')
    await page.getByText('This link has no token').waitFor()
  })
})
