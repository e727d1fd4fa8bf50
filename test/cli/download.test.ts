import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { commitOf, type DoubleRepo, startHubDouble } from '../hub/hub-double.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { MODEL } from '../unit/host/hub/hub-studio.ts'
import { makeConfig, SCRIPTED_ENGINE } from '../unit/host/studio.ts'
import { strip, watch } from './watch.ts'

const ENTRY = join(import.meta.dirname, 'command-line.ts')
const TOKEN = 'hf_commandLineToken'

/** The command line in a folder of its own, with a hub and a cache. */
async function setUp(repos: Readonly<Record<string, DoubleRepo>>, env: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder()
  const hub = await startHubDouble(repos, [TOKEN])
  onTestFinished(() => hub.stop())
  function start(...args: string[]) {
    const words = [...strip, ENTRY, join(folder, 'data'), SCRIPTED_ENGINE, ...args]
    const { child, ended, out, err } = watch(
      spawn(process.execPath, words, {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, HF_TOKEN: '', HF_ENDPOINT: hub.url, HF_HOME: join(folder, 'hf'), ...env },
      }),
    )
    return { child, out, result: ended.then((code) => ({ code, out: out(), err: err() })) }
  }
  const snapshot = (repo: string, revision = 'main') =>
    join(folder, `hf/hub/models--${repo.replace('/', '--')}/snapshots`, commitOf(repo, revision))
  return { folder, hub, start, snapshot, run: (...args: string[]) => start(...args).result }
}

test('a model is downloaded, and the second time it is there', async () => {
  const { run, snapshot, hub } = await setUp({ 'org/tiny': MODEL })
  const first = await run('download', 'org/tiny')
  expect(first).toMatchObject({ code: 0, err: '' })
  expect(first.out).toContain(`org/tiny at ${commitOf('org/tiny').slice(0, 12)}, licence apache-2.0\n`)
  expect(first.out).toContain(`On this machine:\n  ${snapshot('org/tiny')}\n`)
  expect(existsSync(join(snapshot('org/tiny'), 'model.safetensors'))).toBe(true)
  hub.seen.length = 0
  expect((await run('download', 'org/tiny')).code).toBe(0)
  expect(hub.seen.filter(({ path }) => path.includes('/resolve/'))).toEqual([])
})

test('train fetches a model that is named as on the hub, and finds it without a network afterwards', async () => {
  const { run, folder, hub, snapshot } = await setUp({ 'org/tiny': MODEL })
  const config = { ...makeConfig(folder, { steps: 2 }), model_name_or_path: 'org/tiny' }
  writeFileSync(join(folder, 'run.yaml'), stringify(config))
  const trained = await run('train', 'run.yaml')
  expect(trained).toMatchObject({ code: 0, err: '' })
  expect(trained.out).toContain('org/tiny is not on this machine yet; it comes from the hub first.')
  expect((await run('show', 'last', '--json')).out).toContain(snapshot('org/tiny'))
  await hub.stop()
  expect((await run('train', 'run.yaml')).code).toBe(0)
})

test('model_revision names the branch, tag or commit that train fetches and goes on with', async () => {
  const { run, folder, hub, snapshot } = await setUp({
    'org/tiny': { ...MODEL, revisions: { v1: commitOf('org/tiny', 'v1') } },
  })
  const config = { ...makeConfig(folder, { steps: 2 }), model_name_or_path: 'org/tiny' }
  writeFileSync(join(folder, 'run.yaml'), stringify({ ...config, model_revision: 'v1' }))
  const trained = await run('train', 'run.yaml')
  expect(trained).toMatchObject({ code: 0, err: '' })
  expect(trained.out).toContain('org/tiny at v1 is not on this machine yet; it comes from the hub first.')
  const { config: kept } = JSON.parse((await run('show', 'last', '--json')).out)
  expect(kept).toMatchObject({ model_name_or_path: snapshot('org/tiny', 'v1'), model_revision: 'v1' })
  await hub.stop()
  expect((await run('train', 'run.yaml')).code).toBe(0)
  // Another revision is another model: what is here does not stand in for it.
  expect((await run('train', 'run.yaml', '--set', 'model_revision=null')).code).not.toBe(0)
})

test('Ctrl+C pauses a download, the same command goes on with it', async () => {
  const { start, run, hub } = await setUp({ 'org/tiny': MODEL })
  hub.trouble('model.safetensors', { slowMs: 400 })
  const { child, result, out } = start('download', 'org/tiny')
  await expect.poll(out, { interval: 20 }).toContain('model.safetensors')
  await expect.poll(() => hub.seen.some(({ server }) => server === 'cdn'), { interval: 20 }).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, 600))
  child.kill('SIGINT')
  const { code, err } = await result
  expect([code, err]).toEqual([130, expect.stringContaining('The same command goes on with it.')])
  hub.calm()
  expect((await run('download', 'org/tiny')).code).toBe(0)
  expect(hub.seen.findLast(({ server }) => server === 'cdn')?.range).toMatch(/^bytes=[1-9]/)
})

test('files of a data set are named, HF_TOKEN opens a gated one and is in no output', async () => {
  const files = { 'a.jsonl': '{"text":"a"}\n', 'b/c.csv': 'text\na\n' }
  const { run, folder } = await setUp({ 'org/rows': { files, gated: 'auto' } })
  const unnamed = await run('download', 'org/rows', '--dataset')
  expect(unnamed).toMatchObject({ code: 2, err: expect.stringContaining('  - b/c.csv') })
  const closed = await run('download', 'org/rows', '--dataset', '--file', 'b/c.csv')
  expect(closed).toMatchObject({ code: 1, err: expect.stringMatching(/gated(.|\n)*HF_TOKEN/) })
  const { run: withToken } = await setUp({ 'org/rows': { files, gated: 'auto' } }, { HF_TOKEN: TOKEN })
  const opened = await withToken('download', 'org/rows', '--dataset', '--file', 'b/c.csv', '--json')
  expect(opened).toMatchObject({ code: 0, err: '' })
  expect(opened.out).toContain(`b/c.csv`)
  expect(opened.out).not.toContain(TOKEN)
  expect(existsSync(join(folder, 'hf/hub/datasets--org--rows/snapshots'))).toBe(false)
})

test('what the hub does not have is told with the cure', async () => {
  const { run } = await setUp({ 'org/tiny': MODEL })
  expect(await run('download', 'org/none')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('The hub has no model org/none'),
  })
  expect(await run('download', '/a/path')).toMatchObject({ code: 2, err: expect.stringContaining('org/name') })
})
