import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { commitOf, type HubDouble, startHubDouble } from '../hub/hub-double.ts'
import { tinyModel } from '../training/tiny-model.ts'
import { seriousFindings } from './axe.ts'
import { browserPath, openPage, takePicture } from './browser.ts'
import { realStudio } from './real-studio.ts'
import { started } from './started.ts'

const TOKEN = 'hf_tokenOfTheBrowserTest'
const ROWS = '{"instruction":"a","input":"oak: a tall tree","output":"plant"}\n'.repeat(8)
/** Pieces of 64 kB come so slowly that a download can be watched. */
const SLOW = { slowMs: 600 }

/** What the page sends and loads, by origin. */
function watchOrigins(page: Page): Set<string> {
  const origins = new Set<string>()
  page.on('request', (request) => origins.add(new URL(request.url()).origin))
  page.on('websocket', (socket) => origins.add(new URL(socket.url()).origin.replace(/^ws/, 'http')))
  return origins
}

/** Adds up by how much the layout moves from now on (the browser's own measure). */
const watchShifts = (page: Page): Promise<void> =>
  page.evaluate(() => {
    Object.assign(window, { shifted: 0 })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        Object.assign(window, { shifted: Reflect.get(window, 'shifted') + Reflect.get(entry, 'value') })
    }).observe({ type: 'layout-shift' })
  })
const shifts = (page: Page): Promise<number> => page.evaluate(() => Number(Reflect.get(window, 'shifted')))

const download = (page: Page, status: string) => page.locator(`[data-download="${status}"]`)

/** Waits until some of the weights have come, and not all. */
async function midway(page: Page): Promise<void> {
  await download(page, 'downloading').getByText('model.safetensors').waitFor()
  await page.waitForTimeout(2 * SLOW.slowMs)
}

async function lookUp(page: Page, label: RegExp, name: string): Promise<void> {
  await page.getByLabel(label).fill(name)
  await page.getByRole('button', { name: 'Look up' }).click()
}

/** The page, a real host, and a hub that is a server of the test. */
describe.runIf(browserPath !== undefined)('models and data from the hub', () => {
  let hub: HubDouble | undefined
  const studio = realStudio(async (folder) => {
    const model = await tinyModel(join(folder, 'source'))
    const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']
    const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(model, name))]))
    const tiny = { files, lfs: ['model.safetensors'], license: 'apache-2.0', modelType: 'llama' }
    const { 'model.safetensors': _weights, ...others } = files
    hub = await startHubDouble(
      {
        'org/tiny': tiny,
        'org/slow': tiny,
        'org/named': { ...tiny, revisions: { v1: commitOf('org/named', 'v1') } },
        'org/gated': { ...tiny, gated: 'auto', license: 'llama3.2' },
        'org/pickle': { ...tiny, files: { ...others, 'pytorch_model.bin': 'pickle' }, modelType: 'mamba' },
        'org/rows': { files: { 'train.jsonl': ROWS, 'more/test.csv': 'text\na\n', 'README.md': '' }, license: 'mit' },
      },
      [TOKEN],
    )
    return {
      env: { HF_ENDPOINT: hub.url, HF_HOME: join(folder, 'hf'), HF_TOKEN: '', HF_TOKEN_PATH: join(folder, 'none') },
    }
  })
  afterAll(() => hub?.stop())

  test('a model is looked up, fetched with a pause, and trained like any other; the page never talks to the hub', async () => {
    const { page, troubles } = await openPage(studio.browser())
    const origins = watchOrigins(page)
    started(hub).trouble('model.safetensors', SLOW)
    await page.goto(studio.url())
    await page.getByRole('link', { name: 'Models' }).first().click()
    // By the keyboard, with an address from the clipboard.
    await page.getByLabel(/Model on the Hub/).focus()
    await page.keyboard.insertText('https://huggingface.co/org/tiny')
    await page.keyboard.press('Enter')
    const facts = page.locator('[data-hub-facts="org/tiny"]')
    await facts.getByText('apache-2.0').waitFor()
    await facts.getByText('open to everybody').waitFor()
    await takePicture(page, 'hub-facts')
    await facts.getByRole('button', { name: 'Download' }).click()
    await download(page, 'downloading')
      .getByText(/ of .* · .*\/s · .* left/)
      .waitFor()
    await midway(page)
    await takePicture(page, 'hub-downloading')
    await page.getByRole('button', { name: 'Pause org/tiny' }).click()
    await download(page, 'paused').waitFor()
    started(hub).calm()
    const card = page.getByRole('heading', { name: 'From the Hub' })
    const before = await card.boundingBox()
    await page.locator('[data-arriving="org/tiny"]').waitFor()
    await watchShifts(page)
    await page.getByRole('button', { name: 'Resume org/tiny' }).click()
    await download(page, 'finished').waitFor()
    await page.getByRole('link', { name: 'org/tiny' }).waitFor()
    // The row it takes in the list was kept for it.
    expect(await page.locator('[data-arriving]').count()).toBe(0)
    expect(await card.boundingBox()).toEqual(before)
    expect(await shifts(page)).toBeLessThan(0.01)
    expect(started(hub).seen.findLast(({ server }) => server === 'cdn')?.range).toMatch(/^bytes=[1-9]/)
    await page.getByRole('link', { name: 'Show it' }).click()
    await page.locator('[data-trainable="yes"]').waitFor()
    // By its name on the hub, not by that of its commit's folder.
    await page.getByRole('heading', { name: 'org/tiny' }).waitFor()
    await takePicture(page, 'hub-model')
    await page.setViewportSize({ width: 1920, height: 1080 })
    await takePicture(page, 'hub-model-wide')
    expect(await seriousFindings(page)).toEqual([])
    // Suggestions are open then, and must not lie over the button.
    await page.getByRole('combobox', { name: 'Add a model folder' }).fill(join(studio.folder, 'sour'))
    await page.getByRole('option', { name: /source/ }).waitFor()
    await page.getByRole('combobox', { name: 'Add a model folder' }).fill(join(studio.folder, 'source'))
    await page.getByRole('option', { name: /source/ }).waitFor()
    await page.getByRole('button', { name: 'Add model' }).click()
    await page.getByRole('heading', { name: 'source' }).waitFor()
    await page.getByRole('link', { name: 'org/tiny' }).click()
    await page.locator('[data-trainable="yes"]').waitFor()
    await page.getByRole('link', { name: 'Train it' }).last().click()
    await page.getByText(/Can be trained: /).waitFor()
    expect([...origins]).toEqual([new URL(studio.url()).origin])
    expect(troubles).toEqual([])
  })

  test('New run takes a name of the hub: it is looked up, fetched and found in place, at a revision too', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.url())
    await page.getByRole('link', { name: 'New run' }).first().click()
    await page.getByRole('combobox', { name: 'Base model' }).fill('org/named')
    await page.getByLabel('Revision').fill('v1')
    await page.getByText('org/named at v1 is not on this machine yet.').waitFor()
    await page.getByRole('button', { name: 'Look it up on the Hub' }).click()
    await page.locator('[data-hub-facts="org/named"]').getByText('(v1)').waitFor()
    await takePicture(page, 'hub-new-run')
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Download' }).click()
    await page.getByText(/Can be trained: /).waitFor()
    expect(await page.locator('[data-hub-offer]').count()).toBe(0)
    await page.getByLabel('Revision').fill('')
    await page.getByText('org/named is not on this machine yet.').waitFor()
    expect(troubles).toEqual([])
  })

  test('a gated model says so before and after, and comes once a token is given, which is shown nowhere', async () => {
    const { page, troubles } = await openPage(studio.browser(), 'dark')
    await page.goto(studio.url())
    await page.getByRole('link', { name: 'Models' }).first().click()
    await lookUp(page, /Model on the/, 'org/gated')
    await page.getByText('gated: agree to the terms on its page first').waitFor()
    await page.locator('[data-hub-facts="org/gated"]').getByRole('button', { name: 'Download' }).click()
    const failed = download(page, 'failed')
    await failed.getByText(/its owner wants you to agree to terms first/).waitFor()
    await takePicture(page, 'hub-gated')
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('link', { name: 'Settings' }).first().click()
    await page.getByText('none: public repositories only').waitFor()
    await page.getByLabel('New token').fill('a b')
    await page.getByRole('button', { name: 'Use this token' }).click()
    await page.getByText(/This is no token of the hub/).waitFor()
    await page.getByLabel('New token').fill(TOKEN)
    await page.getByRole('button', { name: 'Use this token' }).click()
    await page.getByText('given here, until the studio ends').waitFor()
    expect(await page.getByLabel('New token').inputValue()).toBe('')
    expect(await page.content()).not.toContain(TOKEN)
    await takePicture(page, 'hub-token')
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('link', { name: 'Models' }).first().click()
    await page.getByRole('button', { name: 'Resume org/gated' }).click()
    await download(page, 'finished').getByText('org/gated').waitFor()
    const stored = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    )
    expect(stored).not.toContain(TOKEN)
    expect(troubles).toEqual([])
  })

  test('what cannot be had is told with the cure; data files are chosen and looked into', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.url())
    await page.getByRole('link', { name: 'Models' }).first().click()
    await lookUp(page, /Model on the/, 'org/pickle')
    await page.getByText(/has its weights as pickle files/).waitFor()
    await page.getByText(/refs\/pr\/1/).waitFor()
    expect(await page.getByRole('button', { name: 'Download' }).count()).toBe(0)
    await lookUp(page, /Model on the/, 'org/nothing')
    await page.getByText('The hub has no model org/nothing').waitFor()
    await page.getByRole('button', { name: 'Another revision' }).click()
    await page.getByLabel('Revision').fill('v9')
    await lookUp(page, /Model on the/, 'org/tiny')
    await page.getByText('org/tiny has no revision v9.').waitFor()
    await takePicture(page, 'hub-error')
    await page.getByRole('link', { name: 'Data', exact: true }).first().click()
    await lookUp(page, /Data set on the/, 'org/rows')
    await page.getByLabel(/more\/test.csv/).waitFor()
    expect(await page.getByRole('button', { name: 'Download' }).isDisabled()).toBe(true)
    await page.getByLabel(/train.jsonl/).check()
    await takePicture(page, 'hub-data')
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Download' }).click()
    await page.getByRole('link', { name: 'Show train.jsonl' }).click()
    await page.getByText('oak: a tall tree').first().waitFor()
    expect(troubles).toEqual([])
  })

  test('a download whose host is killed goes on by itself in the next one', async () => {
    const { page } = await openPage(studio.browser())
    started(hub).trouble('model.safetensors', SLOW)
    await page.goto(studio.url())
    await page.getByRole('link', { name: 'Models' }).first().click()
    await lookUp(page, /Model on the/, 'org/slow')
    const before = started(hub).seen.filter(({ server }) => server === 'cdn').length
    await page.locator('[data-hub-facts="org/slow"]').getByRole('button', { name: 'Download' }).click()
    await midway(page)
    await studio.kill()
    started(hub).calm()
    await studio.restart()
    await download(page, 'finished').getByText('org/slow').waitFor()
    const fetched = started(hub)
      .seen.filter(({ server }) => server === 'cdn')
      .slice(before)
    expect(fetched.at(-1)?.range).toMatch(/^bytes=[1-9]/)
  })
})
