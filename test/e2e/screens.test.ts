import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { runConfigSchema } from '../../shared/domain/run-config.ts'
import { seriousFindings } from './axe.ts'
import { browserPath, openPage, takePicture } from './browser.ts'
import { scriptedPage } from './scripted/page.ts'

const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const

const PREFIX = runConfigSchema.parse({
  model_name_or_path: '/opt/model',
  train_file: '/opt/train.jsonl',
  method: 'prefix',
})
const CHECKPOINT = { folder: '/c', bytes: 4_900_000, createdAt: 1 }

/** Every screen with its address and a text that is there once it is drawn. */
const SCREENS: readonly { readonly name: string; readonly hash: string; readonly ready: string }[] = [
  { name: 'runs', hash: '#/runs', ready: 'Third attempt' },
  { name: 'new-run', hash: '#/new?model=%2Fopt%2Fmodel&data=%2Fopt%2Fdata.jsonl', ready: 'Ready to start' },
  { name: 'curves', hash: '#/runs/done', ready: 'Magnitude and direction' },
  { name: 'curves-prefix', hash: '#/runs/prefix', ready: 'no magnitude and no direction moves' },
  { name: 'analysis', hash: '#/runs/done/analysis', ready: 'A lower rank would do' },
  { name: 'export', hash: '#/runs/done/export', ready: 'Exports of this run' },
  { name: 'details', hash: '#/runs/done/details', ready: 'Versions and folder' },
  { name: 'models', hash: '#/models', ready: 'It can be trained' },
  { name: 'models-broken', hash: '#/models?path=%2Fgone%2Fmodel', ready: 'It cannot be trained' },
  { name: 'data', hash: '#/data', ready: 'Findings' },
  { name: 'compare', hash: '#/compare?runs=done,second', ready: 'Compare' },
  { name: 'chat', hash: '#/chat?m=base%3Adone&m=tuned%3Adone', ready: 'tokens of context' },
  { name: 'doctor', hash: '#/doctor', ready: 'Matrix product' },
  { name: 'settings', hash: '#/settings', ready: 'Tell me when a run ends' },
]

/** Each screen in a real browser: both themes, no faults in the console, nothing serious for axe-core, a picture. */
describe.runIf(browserPath !== undefined)('every screen', () => {
  const studio = scriptedPage({ totalSteps: 60 }, (host) => {
    const done = { status: 'finished' as const, step: 60, totalSteps: 60, endedAt: Date.now(), phase: null }
    const figures = { trainLoss: 0.41, evalLoss: 0.47, evalAccuracy: 0.71, testAccuracy: 0.73 }
    host.seed([
      {
        ...done,
        ...figures,
        id: 'done',
        tags: ['paper', 'baseline'],
        notes: 'The rate of the paper; half of it learns slower.',
        checkpoints: [
          { ...CHECKPOINT, step: 40, evalLoss: 0.46, best: true },
          { ...CHECKPOINT, folder: '/d', step: 60, evalLoss: 0.47, best: false },
        ],
      },
      { ...done, ...figures, id: 'second', name: 'Kinds of things (LoRA)', method: 'lora', trainLoss: 0.52 },
      { ...done, ...figures, id: 'prefix', name: 'Kinds of things (prefix)', method: 'prefix', config: PREFIX },
      { id: 'third', name: 'Third attempt', status: 'stopped', step: 12, totalSteps: 60, resumable: true, phase: null },
      { id: 'waiting', name: 'Over night', status: 'queued', startedAt: null, queuePosition: 1, phase: null },
    ])
  })

  async function show(page: Page, hash: string, ready: string): Promise<void> {
    await page.evaluate((next) => {
      location.hash = next
    }, hash)
    await page.getByText(ready).first().waitFor()
    await page.waitForTimeout(400)
  }

  test('runs are searched, sorted, tagged and compared', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByText('Third attempt').waitFor()
    const names = () => page.locator('tbody tr [href^="#/runs/"]').allTextContents()
    await page.getByRole('button', { name: 'Name' }).click()
    await expect
      .poll(names)
      .toEqual([
        'Kinds of things (DoRA)',
        'Kinds of things (LoRA)',
        'Kinds of things (prefix)',
        'Over night',
        'Third attempt',
      ])
    await page.getByLabel('Search runs').fill('lora things')
    await expect.poll(names).toEqual(['Kinds of things (LoRA)'])
    await page.getByLabel('Search runs').fill('no such run')
    await page.getByRole('button', { name: 'Show all runs' }).click()
    await page.getByText('Stopped', { exact: true }).first().click()
    await expect.poll(names).toEqual(['Third attempt'])
    await page.getByText('All', { exact: true }).click()

    await page.getByLabel('More for Third attempt').click()
    await page.getByRole('menuitem', { name: 'Tags and notes' }).click()
    await page.getByRole('combobox', { name: 'Tags' }).fill('tried')
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Notes' }).fill('Rate too high.')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByLabel('Tag', { exact: true }).selectOption('tried')
    await expect.poll(names).toEqual(['Third attempt'])
    await page.getByLabel('Tag', { exact: true }).selectOption('')

    await page.getByLabel('Choose Kinds of things (DoRA)').check()
    await page.getByLabel('Choose Kinds of things (LoRA)').check()
    await page.getByRole('button', { name: 'Compare 2' }).click()
    await expect.poll(() => page.url()).toContain('#/compare?runs=done,second')
    expect(troubles).toEqual([])
  })

  test('a run is deleted only after its size was shown', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByLabel('More for Third attempt').click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByText('It frees 12.4 MB on the disk.').waitFor()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await expect.poll(() => page.getByText('Third attempt').count()).toBe(0)
    expect(troubles).toEqual([])
  })

  test('models and data are added by path; a folder that is gone is told as such and can be forgotten', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await show(page, '#/models', 'It can be trained')
    await page.getByRole('combobox', { name: 'Add a model folder' }).fill('/home/user/gone')
    await page.getByRole('button', { name: 'Add model' }).click()
    await page.getByText('It cannot be trained').waitFor()
    await page.getByText('there is no such folder').waitFor()
    await page.getByRole('button', { name: 'Forget gone' }).click()
    await page.getByText('It can be trained').waitFor()
    await show(page, '#/data', 'Findings')
    await page.getByLabel('Longest sample').fill('4')
    await page.getByText('A whole number from 8 to 32768.').waitFor()
    await page.getByLabel('Longest sample').fill('64')
    await page.getByRole('button', { name: 'Look again' }).click()
    await page.getByText('12 rows are longer than the limit').waitFor()
    expect(troubles).toEqual([])
  })

  test('an adapter from elsewhere is merged beside its model, with a folder suggested and the proof shown', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await show(page, '#/models', 'Merge an adapter into it')
    const merge = page.getByRole('button', { name: 'Merge', exact: true })
    expect(await merge.isDisabled()).toBe(true)
    await page.getByRole('combobox', { name: 'Adapter folder' }).fill('/home/user/my-adapter/')
    const folder = page.getByRole('combobox', { name: 'Folder for the merged model' })
    expect(await folder.inputValue()).toMatch(/exports\/my-adapter-merged$/)
    await merge.click()
    await page.getByText('Proved: merged and adapted model agree').waitFor()
    expect(await page.getByRole('link', { name: 'Try it' }).getAttribute('href')).toMatch(
      /^#\/chat\?m=folder.*&m=folder/,
    )
    await page.evaluate(() => document.querySelector('[data-proof]')?.scrollIntoView())
    await takePicture(page, 'merge')
    expect(troubles).toEqual([])
  })

  test('what stands in the way of a run is shown beside the form before it is started', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await show(page, '#/new?model=%2Fopt%2Fgone&data=%2Fopt%2Fdata.jsonl', 'there is no such folder')
    await page.getByRole('radio', { name: 'demo/model' }).click()
    await page.getByText('Can be trained:').waitFor()
    await page.getByLabel('Batch size').fill('4096')
    const fault = 'It needs more memory than is free.'
    await page.getByRole('region', { name: 'Preview' }).getByText(fault).waitFor()
    await page.locator('.mantine-TextInput-error', { hasText: fault }).waitFor()
    await page.getByRole('heading', { name: 'Not ready yet' }).waitFor()
    await page.getByText('Prompt and completion', { exact: true }).click()
    await page.getByLabel('completion', { exact: true }).selectOption('output')
    await page.getByRole('button', { name: 'Export YAML' }).click()
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Settings as YAML' }).inputValue())
      .toContain('columns: {"prompt":"instruction","completion":"output"}')
    expect(troubles).toEqual([])
  })

  test('an embedding is offered apart from the layers, and chosen beside all of them, where the method has a rule', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await show(page, '#/new?model=%2Fopt%2Fmodel&data=%2Fopt%2Fdata.jsonl', 'Ready to start')
    const targets = page.getByRole('combobox', { name: 'Target modules' })
    await targets.click()
    await page.getByText('Embeddings (all-linear leaves them out)').waitFor()
    await takePicture(page, 'targets')
    await page.getByRole('option', { name: 'embed_tokens' }).click()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Export YAML' }).click()
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Settings as YAML' }).inputValue())
      .toMatch(/target_modules: .*"down_proj","embed_tokens"/)
    await page.keyboard.press('Escape')
    await page.getByRole('radiogroup').getByText('VeRA', { exact: true }).click()
    await targets.click()
    await page.getByRole('option', { name: 'all-linear' }).waitFor()
    expect(await page.getByText('Embeddings (all-linear leaves them out)').count()).toBe(0)
    expect(troubles).toEqual([])
  })

  test('nothing moves on the page of a run while it is at work', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByText('Third attempt').waitFor()
    await show(page, '#/new', 'Start the demo run')
    await page.getByRole('button', { name: 'Start the demo run' }).click()
    await page.locator('[data-chart="loss"] path.chart-line').first().waitFor()
    await page.evaluate(() => {
      const shifts: number[] = []
      Object.assign(window, { shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value)
      }).observe({ type: 'layout-shift' })
    })
    await page.getByText('Finished', { exact: true }).first().waitFor()
    const moved = await page.evaluate(() =>
      (window as unknown as { shifts: number[] }).shifts.reduce((a, b) => a + b, 0),
    )
    // A tenth is what browsers call good; what is left are buttons that change at the end.
    expect(moved).toBeLessThan(0.02)
    expect(troubles).toEqual([])
  })

  test('the system is told of the end of a run where the user wants it', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.context().grantPermissions(['notifications'])
    await page.addInitScript(() => {
      const told: string[] = []
      const Real = window.Notification
      const Spy = class extends Real {
        constructor(title: string, options?: NotificationOptions) {
          super(title, options)
          told.push(title)
        }
      }
      Object.assign(window, { told, Notification: Spy })
    })
    await page.goto(studio.host().url)
    await show(page, '#/settings', 'Tell me when a run ends')
    await page.getByLabel('Tell me when a run ends').check({ force: true })
    studio.host().setPace(10)
    await show(page, '#/new', 'Start the demo run')
    await page.getByRole('button', { name: 'Start the demo run' }).click()
    await page.getByText('Finished', { exact: true }).first().waitFor()
    const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told)
    await expect.poll(told).toEqual(['Kinds of things (DoRA) finished'])
    expect(troubles).toEqual([])
  })

  for (const scheme of ['light', 'dark'] as const) {
    test(`in ${scheme} colours`, async () => {
      const { page, troubles } = await openPage(studio.browser(), scheme)
      await page.goto(studio.host().url)
      await page.getByText('Third attempt').waitFor()
      for (const { name, hash, ready } of SCREENS) {
        for (const size of SIZES) {
          await page.setViewportSize(size)
          await show(page, hash, ready)
          await takePicture(page, `${name}-${scheme}-${size.width}`)
        }
        expect(await seriousFindings(page), `${name} in ${scheme}`).toEqual([])
      }
      expect(troubles).toEqual([])
    })
  }
})
