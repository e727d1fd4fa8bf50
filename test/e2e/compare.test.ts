import { describe, expect, test } from 'vitest'
import { runConfigSchema } from '../../shared/domain/run-config.ts'
import { seriousFindings } from './axe.ts'
import { browserPath, linesOf, openPage, takePicture } from './browser.ts'
import { scriptedPage } from './scripted/page.ts'

const TOTAL_STEPS = 200

const config = (fields: object) =>
  runConfigSchema.parse({
    model_name_or_path: '/opt/model',
    train_file: '/opt/train.jsonl',
    learning_rate: 2e-3,
    ...fields,
  })
const seeds = [
  { id: 'dora', name: 'DoRA, rank 16', step: 200, evalLoss: 0.46, config: config({ r: 16 }) },
  { id: 'lora', name: 'LoRA, rank 16', step: 160, evalLoss: 0.52, config: config({ method: 'lora', r: 16 }) },
  { id: 'half', name: 'DoRA, rank 8', step: 120, evalLoss: 0.49, config: config({ r: 8, learning_rate: 1e-3 }) },
].map((seed) => ({
  ...seed,
  method: seed.config.method,
  status: 'finished' as const,
  phase: null,
  totalSteps: TOTAL_STEPS,
  trainLoss: 0.4,
  startedAt: Date.now() - 90_000,
  endedAt: Date.now() - 20_000,
}))

describe.runIf(browserPath !== undefined)('twin runs', () => {
  const studio = scriptedPage({ totalSteps: TOTAL_STEPS })

  test('one click starts a run for each method chosen, Compare opens, and each run leads back there', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByText('No runs yet').waitFor()
    await page.evaluate(() => location.assign('#/new?model=%2Fopt%2Fmodel&data=%2Fopt%2Fdata.jsonl'))
    await page.getByText('Ready to start').waitFor()
    const also = page.getByRole('group', { name: 'Also train with' })
    expect(await also.getByLabel('DoRA', { exact: true }).isDisabled()).toBe(true)
    await also.getByLabel('LoRA', { exact: true }).check()
    await also.getByLabel('VeRA', { exact: true }).check()
    await also.scrollIntoViewIfNeeded()
    const each = page.getByRole('group', { name: 'Each method' })
    await expect.poll(() => each.getByRole('row').allInnerTexts()).toHaveLength(4)
    await expect.poll(() => each.locator('[data-twin="dora"]').textContent()).toMatch(/DoRA412K759 MBabout 1 min 24 s/)
    expect(await each.locator('[data-twin="vera"]').textContent()).toMatch(/VeRA412K709 MBabout 5 min 12 s/)
    await each.getByText(/One after another: about 8 min/).waitFor()
    await each.scrollIntoViewIfNeeded()
    await takePicture(page, 'twins-form')
    expect(await seriousFindings(page)).toEqual([])
    // The method itself is changed: what was chosen beside it stays.
    await page.getByRole('radio', { name: 'LoRA', exact: true }).click()
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
    expect(await page.evaluate(() => scrollY)).toBeGreaterThan(100)
    await page.getByRole('button', { name: 'Start 2 runs' }).click()
    await page.getByRole('heading', { name: 'Compare', level: 1 }).waitFor()
    await page
      .getByRole('row', { name: /run \(LoRA\)/ })
      .first()
      .waitFor()
    await page.getByRole('heading', { name: 'Where they stand' }).waitFor()
    // The form was scrolled to its end.
    expect(await page.evaluate(() => scrollY)).toBe(0)
    await expect.poll(() => linesOf(page, 'compare-train-loss')).toHaveLength(4)
    await takePicture(page, 'twins-compare')
    await page.getByRole('link', { name: 'run (VeRA)' }).first().click()
    await page.getByRole('link', { name: 'Compare with LoRA' }).click()
    await page.getByRole('heading', { name: 'Compare', level: 1 }).waitFor()
    expect(troubles).toEqual([])
  })
})

describe.runIf(browserPath !== undefined)('the comparison', () => {
  const studio = scriptedPage({ totalSteps: TOTAL_STEPS }, (host) => {
    host.seed(seeds)
    // Each run is another: a little worse, and slower.
    seeds.forEach(({ id }, i) => {
      for (const row of host.rowsOf(id)) row.value *= row.name === 'epoch' ? 1 : 1 + 0.12 * i
    })
  })

  test('runs are chosen, their curves laid over each other, and only what differs is listed', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Compare' }).click()
    await page.getByText('Choose two to six runs').waitFor()
    for (const { name } of seeds) {
      await page.getByRole('combobox', { name: 'Runs to compare' }).click()
      await page.getByRole('option', { name: new RegExp(`^${name}`) }).click()
    }
    await page.keyboard.press('Escape')
    expect(decodeURIComponent(page.url())).toContain('runs=dora,lora,half')
    await expect.poll(() => linesOf(page, 'compare-eval-loss')).toHaveLength(3)
    await expect.poll(() => linesOf(page, 'compare-train-loss')).toHaveLength(6)
    await expect.poll(() => linesOf(page, 'compare-delta-d')).toHaveLength(3)
    await expect.poll(() => page.locator('[data-chart="compare-decomposition"] .chart-point').count()).toBe(90)
    const dashes = await page
      .locator('[data-chart="compare-eval-loss"] path.chart-line')
      .evaluateAll((paths) =>
        paths.map((path) => `${path.getAttribute('stroke')} ${path.getAttribute('stroke-dasharray')}`),
      )
    expect(new Set(dashes).size).toBe(3)

    const settings = page.locator('[data-table="changed-settings"]')
    expect(await settings.locator('tbody th').allTextContents()).toEqual(['method', 'r', 'learning_rate'])
    expect(await settings.getByRole('row', { name: /^r / }).locator('td').allTextContents()).toEqual(['16', '16', '8'])
    expect(await page.locator('.best-mark').count()).toBeGreaterThan(0)
    await takePicture(page, 'compare')
    expect(troubles).toEqual([])
  })

  test('a zoom holds for all charts, in the unit of the axis', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByText('Runs', { exact: true }).first().waitFor()
    await page.evaluate(() => {
      location.hash = '#/compare?runs=dora,lora'
    })
    await expect.poll(() => linesOf(page, 'compare-train-loss')).toHaveLength(4)
    await page.getByText('Epochs', { exact: true }).click()
    await page.getByRole('button', { name: 'Zoom in' }).click()
    await expect.poll(() => page.locator('.zoom-range').textContent()).toBe('epochs 0.5 to 1.5')
    const ticks = page.locator('[data-chart="compare-learning-rate"] .axis-x text')
    await expect.poll(async () => (await ticks.allTextContents())[0]).toBe('0.6')
    expect(troubles).toEqual([])
  })

  test.each(['light', 'dark'] as const)('axe-core finds nothing serious (%s)', async (scheme) => {
    const { page, troubles } = await openPage(studio.browser(), scheme)
    await page.goto(studio.host().url)
    await page.getByText('Runs', { exact: true }).first().waitFor()
    await page.evaluate(() => {
      location.hash = '#/compare?runs=dora,lora,half'
    })
    await expect.poll(() => linesOf(page, 'compare-eval-loss')).toHaveLength(3)
    await takePicture(page, `compare-${scheme}`)
    expect(await seriousFindings(page)).toEqual([])
    expect(troubles).toEqual([])
  })
})
