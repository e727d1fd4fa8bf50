import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { seriousFindings } from './axe.ts'
import { acrossPlot, browserPath, linesOf, openPage, screenshots, takePicture } from './browser.ts'
import { scriptedPage } from './scripted/page.ts'

const TOTAL_STEPS = 200
const CHARTS = 13

const done = {
  status: 'finished' as const,
  phase: null,
  step: TOTAL_STEPS,
  totalSteps: TOTAL_STEPS,
  trainLoss: 0.41,
  evalLoss: 0.47,
  evalAccuracy: 0.71,
  testAccuracy: 0.73,
  startedAt: Date.now() - 90_000,
  endedAt: Date.now() - 20_000,
}

/** A line, a point or a cell of a drawing. */
const DRAWN = 'path.chart-line:not([stroke-opacity="0.34"]), path.chart-point, .heat-plot path'

const zoomText = (page: Page) => page.locator('.zoom-range').textContent()

async function openRun(page: Page, url: string, id = 'done'): Promise<void> {
  await page.goto(url)
  await page.getByText('Runs', { exact: true }).first().waitFor()
  await page.evaluate((hash) => {
    location.hash = hash
  }, `#/runs/${id}`)
  await page.locator('[data-chart="loss"] path.chart-line').first().waitFor()
}

async function drag(page: Page, chart: string, from: number, to: number): Promise<void> {
  const box = await page.locator(`[data-chart="${chart}"] .zoom-layer`).boundingBox()
  if (box === null) throw new Error(`${chart} is not in sight`)
  const at = (share: number) => acrossPlot(box, share)
  await page.mouse.move(at(from), box.y + 90)
  await page.mouse.down()
  await page.mouse.move(at((from + to) / 2), box.y + 90)
  await page.mouse.move(at(to), box.y + 90)
  await page.mouse.up()
}

async function savedText(page: Page, button: string): Promise<string> {
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: button }).click()
  return readFileSync(await (await waiting).path(), 'utf8')
}

/** How many pixels of a picture have nearly a colour, as the page's canvas decodes it. */
const pixelsOf = (page: Page, png: Buffer, colour: string): Promise<number> =>
  page.evaluate(
    async ([source, wanted]) => {
      const image = new Image()
      image.src = `data:image/png;base64,${source}`
      await image.decode()
      const paint = new OffscreenCanvas(image.width, image.height).getContext('2d', { willReadFrequently: true })
      if (paint === null) return 0
      paint.drawImage(image, 0, 0)
      const { data } = paint.getImageData(0, 0, image.width, image.height)
      paint.fillStyle = wanted
      paint.fillRect(0, 0, 1, 1)
      const colours = paint.getImageData(0, 0, 1, 1).data
      const near = (at: number) => [0, 1, 2].every((i) => Math.abs((data[at + i] ?? 0) - (colours[i] ?? 0)) < 30)
      let count = 0
      for (let at = 0; at < data.length; at += 4) if (near(at)) count++
      return count
    },
    [png.toString('base64'), colour] as const,
  )

describe.runIf(browserPath !== undefined)('the charts', () => {
  const studio = scriptedPage({ totalSteps: TOTAL_STEPS, stepMs: 60 }, (host) => {
    host.seed([{ ...done, id: 'done' }])
  })

  test('a drag over one chart zooms all of them, by finer series; a double click shows the whole run again', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await openRun(page, studio.host().url)
    await expect
      .poll(() => page.locator('[data-chart] svg.recharts-surface, [data-chart] .heat-plot').count())
      .toBe(CHARTS)
    expect(await zoomText(page)).toBe('whole run')
    await drag(page, 'loss', 0.25, 0.5)
    await expect.poll(() => zoomText(page)).toBe('steps 50 to 100')
    for (const chart of ['loss', 'learning-rate', 'delta-m']) {
      const labels = page.locator(`[data-chart="${chart}"] .axis-x text`)
      await expect.poll(async () => (await labels.allTextContents())[0]).toMatch(/^[5-9]\d$/)
    }
    await takePicture(page, 'charts-zoomed')
    await page.locator('[data-chart="gradient-norm"] .zoom-layer').dblclick()
    await expect.poll(() => zoomText(page)).toBe('whole run')
    expect(troubles).toEqual([])
  })

  test('the tooltip tells the values of a step by pointer and by arrow keys, and goes with the pointer', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await openRun(page, studio.host().url)
    const tooltip = page.locator('[data-chart="loss"] .recharts-tooltip-wrapper')
    const box = await page.locator('[data-chart="loss"] .zoom-layer').boundingBox()
    if (box === null) throw new Error('The loss chart is not in sight.')
    await page.mouse.move(box.x + 200, box.y + 90)
    await page.mouse.move(acrossPlot(box, 0.25), box.y + 90)
    await expect.poll(() => tooltip.textContent()).toMatch(/^Step (49|50|51)Training\d\.\d+/)
    expect(await page.locator('[data-chart="loss"] circle[r="3.5"]').count()).toBeGreaterThan(0)
    await page.mouse.move(5, 5)
    await tooltip.waitFor({ state: 'detached' })

    await page.locator('[data-chart="loss"] svg.recharts-surface').focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => tooltip.textContent()).toMatch(/^Step [123]T/)

    const point = page.locator('[data-chart="decomposition"] .chart-point').first()
    await point.scrollIntoViewIfNeeded()
    await point.hover({ force: true })
    await page.getByText(/^Layer \d, [a-z_]+ · Step 200$/).waitFor()
    expect(troubles).toEqual([])
  })

  test('zooming works by keyboard in a chart and by buttons', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await openRun(page, studio.host().url)
    await page.locator('[data-chart="loss"] svg.recharts-surface').focus()
    await page.keyboard.press('+')
    await expect.poll(() => zoomText(page)).toBe('steps 50 to 150')
    await page.keyboard.press(']')
    await expect.poll(() => zoomText(page)).toBe('steps 100 to 200')
    await page.keyboard.press('0')
    await expect.poll(() => zoomText(page)).toBe('whole run')
    await page.getByRole('button', { name: 'Zoom in' }).press('Enter')
    await expect.poll(() => zoomText(page)).toBe('steps 50 to 150')
    await page.getByRole('button', { name: 'Reset' }).press('Enter')
    await expect.poll(() => zoomText(page)).toBe('whole run')
    expect(troubles).toEqual([])
  })

  test('the axis is by epochs, tokens or time, and the choice is kept over a visit', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await openRun(page, studio.host().url)
    const lastTick = async () => (await page.locator('[data-chart="loss"] .axis-x text').allTextContents()).at(-1)
    await page.getByText('Epochs', { exact: true }).click()
    await expect.poll(lastTick).toBe('2')
    await page.getByText('Time', { exact: true }).click()
    await expect.poll(lastTick).toBe('30 s')
    await page.getByText('Tokens', { exact: true }).click()
    await expect.poll(lastTick).toBe('150K')
    await page.reload()
    await expect.poll(lastTick).toBe('150K')
    expect(troubles).toEqual([])
  })

  test('a chart is saved as the exact stored values, and as a picture of twice the size', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await openRun(page, studio.host().url)
    const lines = (await savedText(page, 'Loss: save as CSV')).trimEnd().split('\r\n')
    expect(lines[0]).toBe('step,time,train_loss,eval_loss,test_loss')
    expect(lines).toHaveLength(TOTAL_STEPS + 1)
    expect(Number(lines[1]?.split(',')[2])).toBe(
      studio
        .host()
        .rowsOf('done')
        .find(({ name }) => name === 'train_loss')?.value,
    )
    await drag(page, 'loss', 0.25, 0.5)
    await expect.poll(() => zoomText(page)).toBe('steps 50 to 100')
    await expect.poll(async () => (await savedText(page, 'Loss: save as CSV')).trimEnd().split('\r\n').length).toBe(52)

    for (const chart of ['Loss', 'Layers over the run', 'ΔM against ΔD']) {
      const waiting = page.waitForEvent('download')
      await page.getByRole('button', { name: `${chart}: save as PNG` }).click()
      const download = await waiting
      expect(download.suggestedFilename()).toMatch(/^Kinds-of-things-DoRA-[a-z-]+\.png$/)
      const png = readFileSync(await download.path())
      await download.saveAs(join(screenshots, download.suggestedFilename()))
      const box = await page
        .locator('[data-chart]', { hasText: chart })
        .first()
        .locator('svg.recharts-surface, svg.studio-plot')
        .first()
        .boundingBox()
      expect(png.subarray(1, 4).toString()).toBe('PNG')
      const mark = page.locator('[data-chart]', { hasText: chart }).first().locator(DRAWN).first()
      const colour = await mark.evaluate((path) => {
        const { fill, stroke } = getComputedStyle(path)
        return fill === 'none' ? stroke : fill
      })
      expect(await pixelsOf(page, png, colour), chart).toBeGreaterThan(100)
      expect(png.readUInt32BE(16)).toBe(Math.floor(2 * ((box?.width ?? 0) + 32)))
    }
    expect(troubles).toEqual([])
  })

  test('a click on a layer of the heat map shows its modules, and those in no layer are beside the layers', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await openRun(page, studio.host().url)
    const card = page.locator('[data-chart="heat-map"]')
    await card.scrollIntoViewIfNeeded()
    // Where it is when it no longer moves.
    await card.locator('.heat-plot').click({ position: { x: 100, y: 12 } })
    await expect.poll(() => linesOf(page, 'heat-map')).toHaveLength(5)
    expect(await card.getByLabel('Layer shown by module').inputValue()).toBe('5')
    await card.getByLabel('Layer shown by module').selectOption('Outside the layers')
    await card.getByText('embed_tokens').first().waitFor()
    await expect.poll(() => linesOf(page, 'heat-map')).toHaveLength(1)
    await card.getByLabel('Layer shown by module').selectOption('All layers')
    await card.locator('.heat-plot').waitFor()
    expect(troubles).toEqual([])
  })

  test('the scatter is coloured by step or module and tells the correlation', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await openRun(page, studio.host().url)
    const card = page.locator('[data-chart="decomposition"]')
    await card.scrollIntoViewIfNeeded()
    await card.getByText('Whole run').click()
    await expect.poll(() => card.locator('.chart-point').count()).toBe(30 * 12)
    await card.getByLabel('Meaning of the colours').selectOption('Colour: module')
    await card.getByLabel('Modules shown').selectOption('q_proj')
    await expect.poll(() => card.locator('.chart-point').count()).toBe(6 * 12)
    expect(await card.locator('[data-legend^="correlation"]').getAttribute('data-legend')).toMatch(
      /^correlation -?\d\.\d\d, slope -?[\d.e-]+$/,
    )
    expect(troubles).toEqual([])
  })

  test('magnitudes that do not move raise an alarm that says what to do', async () => {
    studio.host().seed([{ ...done, id: 'still' }])
    for (const row of studio.host().rowsOf('still')) if (row.name === 'delta_m') Object.assign(row, { value: 0 })
    const { page, troubles } = await openPage(studio.browser())
    await openRun(page, studio.host().url, 'still')
    await page.locator('[data-magnitude="still"]').scrollIntoViewIfNeeded()
    expect(await page.locator('[data-magnitude="still"]').textContent()).toContain('higher learning_rate')
    expect(troubles).toEqual([])
  })

  test('nothing on the page moves while a run streams, nor at its end', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByRole('link', { name: 'New run' }).first().waitFor()
    const id = await studio.host().startRun()
    await page.evaluate((hash) => {
      location.hash = hash
    }, `#/runs/${id}`)
    await page.locator('[data-chart="loss"] path.chart-line').first().waitFor()
    await expect.poll(() => page.locator('[data-chart] svg.recharts-surface').count()).toBeGreaterThan(8)
    await page.evaluate(() => {
      const shifts: string[] = []
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const { value, sources } = entry as PerformanceEntry & {
            readonly value: number
            readonly sources: readonly { readonly node?: Node }[]
          }
          const who = sources.map(({ node }) => (node instanceof Element ? node.outerHTML.slice(0, 120) : String(node)))
          // A figure that gets a digit longer moves the text beside it by a pixel or two, about 0.00001.
          if (value > 0.0001) shifts.push(`${value}: ${who.join(' | ')}`)
        }
      }).observe({ type: 'layout-shift' })
      Object.assign(window, { shifts })
    })
    // At the end the buttons of the run are others, and figures change their meaning.
    await page.getByText('Finished', { exact: true }).first().waitFor()
    await page.getByRole('link', { name: 'Export' }).waitFor()
    await expect.poll(async () => (await linesOf(page, 'delta-m')).length).toBe(6)
    expect(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts)).toEqual([])
    expect(troubles).toEqual([])
  })

  test.each(['light', 'dark'] as const)('axe-core finds nothing serious in the curves (%s)', async (scheme) => {
    const { page, troubles } = await openPage(studio.browser(), scheme)
    await openRun(page, studio.host().url)
    await expect.poll(() => page.locator('[data-chart] svg.recharts-surface').count()).toBeGreaterThan(10)
    expect(await seriousFindings(page)).toEqual([])
    expect(troubles).toEqual([])
  })
})
