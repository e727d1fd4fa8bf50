import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { seriousFindings } from './axe.ts'
import { browserPath, openPage, takePicture } from './browser.ts'
import { scriptedPage } from './scripted/page.ts'

const BOTH = '#/chat?m=base%3Adone&m=tuned%3Adone'
const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const

describe.runIf(browserPath !== undefined)('the chat', () => {
  const studio = scriptedPage({ totalSteps: 40 }, (host) => {
    const done = { status: 'finished' as const, step: 40, totalSteps: 40, endedAt: Date.now(), phase: null }
    const checkpoints = [{ step: 40, folder: '/c', bytes: 4_900_000, evalLoss: 0.46, best: true, createdAt: 1 }]
    host.seed([
      { ...done, id: 'done', checkpoints },
      { ...done, id: 'second', name: 'Kinds of things (LoRA)', method: 'lora', checkpoints },
    ])
  })

  async function visit(page: Page, hash: string): Promise<void> {
    await page.goto(studio.host().url)
    await page.getByText('Kinds of things (LoRA)').first().waitFor()
    await page.evaluate((next) => {
      location.hash = next
    }, hash)
  }
  const say = async (page: Page, text: string) => {
    await page.getByRole('textbox', { name: 'Your text' }).fill(text)
    await page.keyboard.press('Enter')
  }
  const answers = (page: Page) => page.locator('[data-answer="done"]')

  test('a run is chosen, its base comes along, and both answer the same text', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await visit(page, '#/runs')
    await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Chat' }).click()
    await page.getByText('Choose whom to talk to').waitFor()
    await page.getByRole('link', { name: 'Try Kinds of things' }).waitFor()
    await takePicture(page, 'chat-empty')
    await page.getByRole('combobox', { name: 'Models to talk to' }).click()
    await page.getByRole('option', { name: /^Kinds of things \(DoRA\)/ }).click()
    await page.keyboard.press('Escape')
    await expect.poll(() => decodeURIComponent(page.url())).toContain('#/chat?m=base:done&m=tuned:done')
    await expect.poll(() => page.locator('[data-model="ready"]').count()).toBe(2)
    await say(page, 'What is an oak?')
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    await expect.poll(() => answers(page).count()).toBe(2)
    expect(await answers(page).first().textContent()).toContain('18 tokens · 42 tokens/s · ended by itself')
    expect(await answers(page).last().textContent()).toContain('the beams of houses.')
    expect(await page.getByRole('textbox', { name: 'Your text' }).inputValue()).toBe('')
    expect(troubles).toEqual([])
  })

  test('four models stand side by side in a window of usual width, and the settings are a click away', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await visit(page, `${BOTH}&m=base%3Asecond&m=tuned%3Asecond`)
    await expect.poll(() => page.locator('[data-model="ready"]').count()).toBe(4)
    const log = page.getByRole('log', { name: 'Conversation' })
    const sideways = () => log.evaluate((box) => box.scrollWidth - box.clientWidth)
    const bottom = async () => {
      const box = await page.getByRole('button', { name: 'Send' }).boundingBox()
      return (box?.y ?? 0) + (box?.height ?? 0)
    }
    expect(await sideways()).toBe(0)
    // Above the status bar, though the chosen models take more than one row.
    expect(await bottom()).toBeLessThan(768)
    expect(await page.getByLabel('max_new_tokens').count()).toBe(0)
    await page.getByRole('button', { name: 'Settings', exact: true }).click()
    await page.getByLabel('max_new_tokens').waitFor()
    await page.getByRole('button', { name: 'Hide settings' }).click()
    expect(await page.getByLabel('max_new_tokens').count()).toBe(0)
    await page.setViewportSize({ width: 1920, height: 1080 })
    await page.getByLabel('max_new_tokens').waitFor({ state: 'hidden' })
    await page.reload()
    await page.getByLabel('max_new_tokens').waitFor()
    expect(await sideways()).toBe(0)
    expect(troubles).toEqual([])
  })

  test('keys: Shift+Enter begins a line, Escape stops; Regenerate asks again, Clear forgets, a reload does not', async () => {
    const { page, troubles } = await openPage(studio.browser())
    studio.host().setChatPace(60)
    await visit(page, BOTH)
    const box = page.getByRole('textbox', { name: 'Your text' })
    await box.fill('one')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('two')
    await page.keyboard.press('Enter')
    await page.locator('[data-answer="answering"]').first().waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => answers(page).count()).toBe(2)
    expect(await answers(page).last().textContent()).toContain('stopped')
    await page.getByText('one\ntwo').waitFor()
    studio.host().setChatPace(2)
    await page.getByRole('button', { name: 'Regenerate' }).click()
    await expect.poll(() => answers(page).last().textContent()).toContain('the beams of houses.')
    await page.reload()
    await expect.poll(() => answers(page).last().textContent()).toContain('the beams of houses.')
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByText('Nothing said yet').waitFor()
    expect(troubles).toEqual([])
  })

  test('a reload in the middle of an answer goes on where the answer is; a second window sees it too', async () => {
    const first = await openPage(studio.browser())
    const second = await openPage(studio.browser())
    studio.host().setChatPace(60)
    await visit(first.page, BOTH)
    await say(first.page, 'hello')
    await first.page.locator('[data-answer="answering"]').first().waitFor()
    await visit(second.page, BOTH)
    await first.page.reload()
    for (const { page } of [first, second]) {
      await expect.poll(() => answers(page).count()).toBe(2)
      expect(await answers(page).last().textContent()).toMatch(
        /^An oak is a large tree of the beech family\..*houses\./,
      )
    }
    expect([...first.troubles, ...second.troubles]).toEqual([])
  })

  test('settings are checked beside their fields and go with the text', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await visit(page, BOTH)
    const field = (name: string) => page.locator(`[name="${name}"]`)
    await field('temperature').fill('hot')
    await page.getByText('Give a number from 0 to 100.').waitFor()
    await field('top_p').fill('0')
    await page.getByText('Give a number above 0 and up to 1.').waitFor()
    await page.getByRole('textbox', { name: 'Your text' }).fill('hello')
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true)
    await field('temperature').fill('0.7')
    await field('top_p').fill('0.9')
    await page.getByLabel('System message').fill('Be brief.')
    await page.getByRole('button', { name: 'Send' }).click()
    await expect.poll(() => answers(page).count()).toBe(2)
    await page.getByRole('button', { name: 'Regenerate' }).click()
    await expect.poll(() => field('seed').inputValue()).toBe('1')
    await page.reload()
    await expect.poll(() => field('temperature').inputValue()).toBe('0.7')
    expect(await page.getByLabel('System message').inputValue()).toBe('Be brief.')
    expect(troubles).toEqual([])
  })

  test('where the training data has few answers, each label has its bar, base beside tuned', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await visit(page, '#/chat?m=folder%3A%2Fopt%2Fwords&m=folder%3A%2Fopt%2Fclassifier')
    await expect.poll(() => page.locator('[data-model="ready"]').count()).toBe(2)
    await say(page, 'oak: a large tree')
    await expect.poll(() => answers(page).count()).toBe(2)
    const labels = await answers(page)
      .first()
      .locator('[data-label]')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-label')))
    expect(labels).toEqual(['plant', 'food', 'animal', 'substance', 'anything else'])
    await takePicture(page, 'chat-labels')
    expect(await seriousFindings(page)).toEqual([])
    expect(troubles).toEqual([])
  })

  test('a model that cannot be loaded says why beside one that can; freed models and dead engines are told as such', async () => {
    const { page, troubles } = await openPage(studio.browser())
    studio.host().setChatPace(60)
    await visit(page, '#/chat?m=folder%3A%2Fopt%2Fbroken&m=tuned%3Adone')
    await page.getByText('tokenizer.json is damaged. Download it again.').waitFor()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('tokenizer.json is damaged. Download it again.').waitFor()
    await visit(page, BOTH)
    await expect.poll(() => page.locator('[data-model="ready"]').count()).toBe(2)
    studio.host().unloadChats('Freed for the run Over night')
    await page.getByText('Freed for the run Over night. The next text loads it again.').first().waitFor()
    await say(page, 'hello')
    await page.locator('[data-answer="answering"]').first().waitFor()
    studio.host().failChats()
    await expect.poll(() => page.locator('[data-answer="failed"]').count()).toBe(2)
    await takePicture(page, 'chat-failed')
    expect(await seriousFindings(page)).toEqual([])
    expect(troubles).toEqual([])
  })

  test('an adapter folder is put on its base, and what was said is found again and deleted', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await visit(page, '#/chat')
    await page.getByRole('button', { name: 'Other folder' }).click()
    await page.getByText('Adapter folder', { exact: true }).click()
    await page.getByRole('combobox', { name: 'Adapter folder' }).fill('/home/user/my-adapter')
    const open = page.getByRole('button', { name: 'Talk to it' })
    expect(await open.isDisabled()).toBe(true)
    await page.getByRole('combobox', { name: 'Base model' }).fill('/home/user/llama')
    await page.keyboard.press('Tab')
    await takePicture(page, 'chat-adapter-folder')
    await open.click()
    await page.getByText('adapter on llama', { exact: true }).waitFor()
    await say(page, 'A text to find again')
    await expect.poll(() => answers(page).count()).toBe(1)

    await visit(page, '#/chat')
    const entry = page.getByRole('listitem').filter({ hasText: 'A text to find again' })
    await entry.getByText('my-adapter · 1 text').waitFor()
    for (const size of SIZES) {
      await page.setViewportSize(size)
      await takePicture(page, `chat-earlier-${size.width}`)
    }
    expect(await seriousFindings(page)).toEqual([])
    await entry.getByRole('link').click()
    await page.getByLabel('You said: A text to find again').waitFor()
    await visit(page, '#/chat')
    await entry.getByRole('button', { name: /^Delete the conversation/ }).click()
    await expect.poll(() => entry.count()).toBe(0)
    expect(troubles).toEqual([])
  })

  test('Try it leads from a finished run and its export, Ask them the same from a comparison', async () => {
    const { page, troubles } = await openPage(studio.browser())
    await visit(page, '#/runs/done')
    await page.getByRole('link', { name: 'Try it' }).click()
    await expect.poll(() => decodeURIComponent(page.url())).toContain(decodeURIComponent(BOTH))
    await visit(page, '#/runs/done/export')
    await page.getByRole('combobox', { name: 'Folder' }).fill('/tmp/merged model')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Export merged model' }).click()
    const exported = page.locator('[data-export="finished"]')
    await exported.getByRole('link', { name: 'Try it' }).click()
    await page.getByText('merged model').first().waitFor()
    await expect.poll(() => decodeURIComponent(page.url())).toContain('#/chat?m=base:done&m=folder:/tmp/merged model')
    await visit(page, '#/compare?runs=done,second')
    await page.getByRole('link', { name: 'Ask them the same' }).click()
    await expect.poll(() => decodeURIComponent(page.url())).toContain('#/chat?m=tuned:done&m=tuned:second')
    await expect.poll(() => page.locator('[data-model="ready"]').count()).toBe(2)
    expect(troubles).toEqual([])
  })

  test('nothing moves while answers stream in', async () => {
    const { page, troubles } = await openPage(studio.browser())
    studio.host().setChatPace(8)
    await visit(page, BOTH)
    await expect.poll(() => page.locator('[data-model="ready"]').count()).toBe(2)
    await page.evaluate(() => {
      const shifts: number[] = []
      Object.assign(window, { shifts })
      new PerformanceObserver((list) => {
        // What moves within half a second of a key or a click is its answer, as browsers count it.
        const entries = list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]
        for (const { value, hadRecentInput } of entries) if (!hadRecentInput) shifts.push(value)
      }).observe({ type: 'layout-shift' })
    })
    for (let turn = 1; turn <= 4; turn++) {
      await say(page, `Question ${turn}`)
      await expect.poll(() => answers(page).count()).toBe(2 * turn)
    }
    const moved = await page.evaluate(() =>
      (window as unknown as { shifts: number[] }).shifts.reduce((a, b) => a + b, 0),
    )
    expect(moved).toBeLessThan(0.02)
    // The last answer is in sight.
    const toEnd = () =>
      page.evaluate(() => {
        const box = document.querySelector('.chat-scroll')
        return box === null ? Number.NaN : box.scrollHeight - box.scrollTop - box.clientHeight
      })
    await expect.poll(toEnd).toBeLessThan(4)
    expect(troubles).toEqual([])
  })

  for (const scheme of ['light', 'dark'] as const) {
    test(`in ${scheme} colours`, async () => {
      const { page, troubles } = await openPage(studio.browser(), scheme)
      studio.host().setChatPace(2)
      await visit(page, BOTH)
      await expect.poll(() => page.locator('[data-model="ready"]').count()).toBe(2)
      await say(page, 'What is an oak?')
      await expect.poll(() => answers(page).count()).toBe(2)
      await say(page, 'And what is its wood good for?\nA short answer will do.')
      await expect.poll(() => answers(page).count()).toBe(4)
      for (const size of SIZES) {
        await page.setViewportSize(size)
        await page.waitForTimeout(300)
        await takePicture(page, `chat-${scheme}-${size.width}`)
      }
      expect(await seriousFindings(page)).toEqual([])
      expect(troubles).toEqual([])
    })
  }
})
