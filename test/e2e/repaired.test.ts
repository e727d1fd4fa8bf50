import { closeSync, existsSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../main/host/store/database.ts'
import { tinyModel } from '../training/tiny-model.ts'
import { seriousFindings } from './axe.ts'
import { browserPath, openPage, takePicture } from './browser.ts'
import { callStudio } from './call-studio.ts'
import { realStudio } from './real-studio.ts'

const PAGE = 4096

/** Overwrites the first page of a table with bytes that mean nothing. */
function spoil(file: string, table: string): void {
  const database = openDatabase(file)
  const sql = 'SELECT rootpage FROM sqlite_schema WHERE name = ?'
  const page = database.prepare<[string], { rootpage: number }>(sql).get(table)?.rootpage ?? 0
  database.close()
  const fd = openSync(file, 'r+')
  writeSync(fd, Buffer.alloc(PAGE, 0xa7), 0, PAGE, (page - 1) * PAGE)
  closeSync(fd)
}

describe.runIf(browserPath !== undefined)('a damaged history', () => {
  const studio = realStudio()
  const at = (...names: string[]) => join(studio.folder, ...names)

  beforeAll(async () => {
    await tinyModel(at('model'))
    writeFileSync(at('train.jsonl'), '{"instruction":"a","input":"oak: a tall tree","output":"plant"}\n'.repeat(8))
  })

  test('is repaired at the next start; the page says what was lost and kept, once, and the run is there', async () => {
    const files = { model_name_or_path: at('model'), train_file: at('train.jsonl'), backend: 'portable' } as const
    const config = { ...files, run_name: 'Survivor', max_steps: 3, r: 2 }
    const { id: runId } = await callStudio(studio.url(), 'runs.start', config)
    const status = async () => (await callStudio(studio.url(), 'runs.get', { runId })).status
    await expect.poll(status).toBe('finished')
    await studio.kill()
    spoil(at('data', 'studio.sqlite'), 'checkpoints')
    await studio.restart()

    const { page, troubles } = await openPage(studio.browser())
    await page.goto(studio.url())
    const notice = page.getByRole('alert').filter({ hasText: 'The history was damaged and has been repaired' })
    await notice.getByText(/Read of it: 1 run and \d+ numbers of curves/).waitFor()
    await notice.getByText('Not all of checkpoints').waitFor()
    const kept = /The damaged file is kept: (\S+)/.exec((await notice.textContent()) ?? '')?.[1] ?? ''
    expect(existsSync(kept)).toBe(true)
    await page.getByRole('link', { name: 'Survivor' }).waitFor()
    await takePicture(page, 'history-repaired')
    expect(await seriousFindings(page)).toEqual([])
    await notice.getByRole('button', { name: 'I have read this' }).click()
    await notice.waitFor({ state: 'hidden' })
    expect(troubles).toEqual([])
  })
})
