import { describe, expect, test } from 'vitest'
import { seriousFindings } from './axe.ts'
import { browserPath, openPage, takePicture } from './browser.ts'
import { scriptedPage } from './scripted/page.ts'

describe.runIf(browserPath !== undefined)('what can be said of a finished run', () => {
  const studio = scriptedPage({ totalSteps: 60 }, (host) => {
    const checkpoint = { folder: '/c', bytes: 4_900_000, createdAt: 1, step: 60, evalLoss: 0.47, best: true }
    const done = { status: 'finished' as const, step: 60, totalSteps: 60, endedAt: Date.now(), phase: null }
    host.seed(
      ['done', 'second', 'third'].map((id) => ({ ...done, id, name: `Kinds (${id})`, checkpoints: [checkpoint] })),
    )
  })

  async function open(hash: string) {
    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.host().url)
    await page.getByText('Kinds (done)').first().waitFor()
    await page.evaluate((next) => {
      location.hash = next
    }, hash)
    return { page, troubles }
  }

  test('base and run are asked the same on demand, with the difference and how sure it is; the rank is judged', async () => {
    const { page, troubles } = await open('#/runs/done/analysis')
    await page.getByText('A lower rank would do: 7 of 16 directions').waitFor()
    await page.getByText('could be left out of the target modules: model.layers.0.mlp.up_proj.').waitFor()
    await page.getByRole('button', { name: 'Show all 15 modules' }).click()
    await page.getByRole('rowheader', { name: 'model.layers.2.self_attn.q_proj' }).waitFor()
    expect(await page.locator('[data-paired]').count()).toBe(0)
    await page.getByRole('button', { name: 'Ask them the same examples' }).click()
    await page.getByText('Loading Base of done').waitFor()
    studio.host().finishPaired()
    const table = page.locator('[data-paired="test"]')
    await table.getByText('Base of done').waitFor()
    await table.getByText('p < 0.001: done is better').waitFor()
    await table.getByText('p = 0.146: it may be chance').waitFor()
    await page.getByText(/^1,000 of 1,200 examples \(drawn at random\) of .* done at step 60\./).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await takePicture(page, 'paired-base')
    expect(troubles).toEqual([])
  })

  test('the rank that is advised is one click from a new run with everything else of this one', async () => {
    const { page, troubles } = await open('#/runs/third/analysis')
    await page.getByRole('link', { name: 'New run with r = 8' }).click()
    await page.getByText('Ready to start').waitFor()
    expect(await page.getByLabel('Name of the run').inputValue()).toBe('Kinds (third) (r = 8)')
    expect(await page.getByLabel('Rank', { exact: true }).inputValue()).toBe('8')
    expect(await page.getByLabel('Alpha', { exact: true }).inputValue()).toBe('16')
    expect(await page.getByLabel('Learning rate', { exact: true }).inputValue()).toBe('0.002')
    await page.goBack()
    await page.getByText('A lower rank would do').waitFor()
    expect(troubles).toEqual([])
  })

  test('how far it is outlives a reload and a lost connection; it can be cancelled, and bounded', async () => {
    const { page, troubles } = await open('#/runs/done/analysis')
    const most = page.getByLabel('Most examples')
    const ask = page.getByRole('button', { name: 'Ask them the same examples' })
    await most.fill('4')
    await page.getByText('5 to 10,000').waitFor()
    expect(await ask.isDisabled()).toBe(true)
    await most.fill('1000')
    await page.getByText('Validation data', { exact: true }).click()
    await ask.click()
    await page.getByText('Loading Base of done').waitFor()
    studio.host().answerPaired(312, 84)
    await page.getByText('312 of 2,000 answers, about 1 min 24 s left').waitFor()
    await takePicture(page, 'paired-progress')
    await page.reload()
    await page.getByText('312 of 2,000 answers, about 1 min 24 s left').waitFor()
    expect(await most.inputValue()).toBe('1000')
    expect(await ask.isDisabled()).toBe(true)
    studio.host().dropConnections()
    studio.host().answerPaired(1400, 21)
    await page.getByText('Asking done').waitFor()
    const bar = page.getByRole('progressbar', { name: 'Progress of the paired evaluation' })
    expect(await bar.getAttribute('aria-valuenow')).toBe('70')
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Cancelled after 1,400 of 2,000 answers.').waitFor()
    await ask.click()
    studio.host().finishPaired()
    await page.locator('[data-paired="validation"]').waitFor()
    expect(troubles.filter((text) => !text.includes('WebSocket'))).toEqual([])
  })

  test('two of the compared runs are chosen and asked the same', async () => {
    const { page, troubles } = await open('#/compare?runs=done,second,third')
    await page.getByLabel('Second run').selectOption('third')
    await page.getByText('Validation data', { exact: true }).click()
    await page.getByRole('button', { name: 'Ask them the same examples' }).click()
    await page.getByText('Loading done').waitFor()
    studio.host().finishPaired()
    await page.locator('[data-paired="validation"]').getByRole('columnheader', { name: 'third' }).waitFor()
    await takePicture(page, 'paired-runs')
    expect(troubles).toEqual([])
  })
})
