import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { asUser } from '../anomaly/machine/place.ts'
import { PATIENCE_MS } from '../patience.ts'
import { tinyModel } from '../training/tiny-model.ts'
import { browserPath, openPage, takePicture } from './browser.ts'
import { callStudio } from './call-studio.ts'
import { realStudio } from './real-studio.ts'

const root = resolve(import.meta.dirname, '../..')
const preload = pathToFileURL(join(root, 'test/anomaly/full-disk.mjs')).href

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)

const isEngine = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine.mjs')

/** What users meet, in the real page on the real host and engine: a written state, and a way on. */
describe.runIf(browserPath !== undefined && process.platform === 'linux')('a bad state', () => {
  const studio = realStudio((folder) => ({
    wrap: asUser,
    env: {
      NODE_OPTIONS: `--import=${preload}`,
      DORA_TEST_FULL: 'checkpoint-4.partial,.merged.partial',
      DORA_TEST_FULL_WHILE: join(folder, 'disk-is-full'),
    },
  }))
  const at = (...names: string[]) => join(studio.folder, ...names)
  const disk = { fill: () => writeFileSync(at('disk-is-full'), ''), free: () => rmSync(at('disk-is-full')) }

  beforeAll(async () => {
    await tinyModel(at('model'))
    writeFileSync(at('train.jsonl'), '{"instruction":"a","input":"oak: a tall tree","output":"plant"}\n'.repeat(12))
  })

  const show = (page: Page, hash: string) => page.evaluate((place) => location.assign(place), hash)
  async function openAt(hash: string): Promise<Page> {
    const { page } = await openPage(studio.browser())
    await page.goto(studio.url())
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor()
    await show(page, hash)
    return page
  }
  /** A path typed into a field that offers others. */
  async function type(page: Page, field: string, path: string): Promise<void> {
    await page.getByRole('combobox', { name: field }).fill(path)
    await page.keyboard.press('Escape')
  }
  async function openRun(fields: Partial<RunConfigInput> = {}): Promise<{ page: Page; runId: string }> {
    const own = { model_name_or_path: at('model'), train_file: at('train.jsonl'), backend: 'portable' } as const
    const config = { ...own, max_steps: 6, save_steps: 2, r: 2, ...fields }
    const { id: runId } = await callStudio(studio.url(), 'runs.start', config)
    return { page: await openAt(`#/runs/${runId}`), runId }
  }
  const state = (page: Page, text: string) => page.getByText(text, { exact: true }).first().waitFor()

  test('a disk that fills up in a run and in an export: both say so, and go on once there is space', async () => {
    disk.fill()
    const { page } = await openRun()
    await state(page, 'Failed')
    const alert = page.getByRole('alert').filter({ hasText: 'the disk is full' })
    await alert.getByText('Free some space').waitFor()
    await takePicture(page, 'bad-disk-full')
    disk.free()
    await page.getByRole('button', { name: 'Resume' }).click()
    await state(page, 'Finished')

    disk.fill()
    await page.getByRole('tab', { name: 'Export' }).click()
    await type(page, 'Folder', at('merged'))
    await page.getByRole('button', { name: 'Export merged model' }).click()
    await page.getByText('the disk is full').waitFor()
    await takePicture(page, 'bad-disk-full-export')
    disk.free()
    await type(page, 'Folder', at('merged'))
    await page.getByRole('button', { name: 'Export merged model' }).click()
    await page.locator('[data-proof="same"]').waitFor()
  })

  test('an engine that is killed: the run says what is suspected and is resumed', async () => {
    const { page, runId } = await openRun({ max_steps: 100_000, save_steps: 5 })
    await expect
      .poll(async () => (await callStudio(studio.url(), 'runs.get', { runId })).checkpoints.length)
      .toBeGreaterThan(0)
    // More than one: looks at files are engines, too.
    for (const pid of childrenOf(studio.pid()).filter(isEngine)) process.kill(pid, 'SIGKILL')
    await state(page, 'Interrupted')
    await page.getByRole('alert').filter({ hasText: 'memory' }).waitFor()
    await takePicture(page, 'bad-engine-killed')
    await page.getByRole('button', { name: 'Resume' }).click()
    await state(page, 'Running')
    await page.getByRole('button', { name: 'Pause' }).click()
    await state(page, 'Stopped')
  })

  test('a base model that vanished: export and form say so, and go on when it is back', async () => {
    const { page } = await openRun()
    await state(page, 'Finished')
    renameSync(at('model'), at('model-moved'))
    try {
      await page.reload()
      await page.getByRole('tab', { name: 'Export' }).click()
      for (const why of ['a merge reads its weights', 'its config.json tells which layers'])
        await page.getByText(`The base model ${at('model')} is no longer there; ${why}`).waitFor()
      expect(await page.getByRole('button', { name: /^Export (merged|adapter)/ }).isDisabled()).toBe(true)
      await takePicture(page, 'bad-base-gone')
      await show(page, '#/new')
      await type(page, 'Base model', at('model'))
      await page
        .getByText(/no such file or folder|does not exist/)
        .first()
        .waitFor()
      await takePicture(page, 'bad-model-gone')
    } finally {
      renameSync(at('model-moved'), at('model'))
    }
    // Put back, it is found again by itself.
    await page.goBack()
    await type(page, 'Folder', at('after-all'))
    await page.getByRole('button', { name: 'Export merged model' }).click()
    await page.locator('[data-proof="same"]').waitFor()
  })

  test('a folder that may not be read is told from one that is not there', async () => {
    await tinyModel(at('locked'))
    chmodSync(at('locked'), 0o000)
    try {
      const page = await openAt('#/models')
      await type(page, 'Add a model folder', at('locked'))
      await page.getByRole('button', { name: 'Add model' }).click()
      await page.getByText(`${at('locked')}: permission denied.`).waitFor()
      await page.getByText('Give your user access to it').waitFor()
      await takePicture(page, 'bad-model-locked')
    } finally {
      // Or it could not be cleared away.
      chmodSync(at('locked'), 0o700)
    }
  })

  test('a port that is taken, and one that is refused, are told with the way on', () => {
    const serve = (port: number, wrap: readonly string[] = []) => {
      const [program = '', ...args] = [...wrap, process.execPath, join(root, 'dist/cli.mjs'), 'serve']
      const env = { ...process.env, DORA_STUDIO_HOME: at('data') }
      return spawnSync(program, [...args, '--port', String(port)], { env, encoding: 'utf8', timeout: PATIENCE_MS })
    }
    const taken = serve(studio.port())
    expect(taken.stderr).toContain(`Port ${studio.port()} is in use.`)
    expect(taken.stderr).toContain('What to do: Choose another one with --port')
    expect(taken.status).toBe(1)
    const bare = spawnSync('unshare', ['-rn', 'true']).status === 0
    // A user without rights in a network of its own, where no port below 1024 has been given away.
    if (!bare) return
    const refused = serve(80, ['unshare', '-rn', 'setpriv', '--bounding-set', '-net_bind_service'])
    expect(refused.stderr).toContain('Port 80 may not be opened by you')
    expect([refused.status, /EACCES|at Server/.test(refused.stderr)]).toEqual([1, false])
  })
})
