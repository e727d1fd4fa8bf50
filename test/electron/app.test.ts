import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { PATIENCE_MS } from '../patience.ts'
import { type Answer, callBridge } from './bridge.ts'
import { openDesk } from './desk.ts'
import { targetsAt } from './devtools.ts'
import { electronPath, type Studio, spawnStudio } from './electron.ts'

/** Electron 9 says this of itself. */
const OF_ITS_OWN = /^\(electron\) Security Warning: webFrame/

/** Children of a process, as Linux lists them. */
const childrenOf = (pid: number) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)

/** What a process was started with; empty once it is gone. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** The window's host, as soon as there is one other than those before. */
async function hostPid({ child }: Studio, before: readonly number[] = []): Promise<number> {
  const hosts = () => childrenOf(child.pid ?? 0).filter((pid) => commandOf(pid).includes('host.mjs'))
  const other = () =>
    hosts()
      .map(Number)
      .find((pid) => !before.includes(pid))
  return vi.waitUntil(other, { timeout: PATIENCE_MS })
}

/** The host answers the page. */
const answers = ({ page }: Studio) =>
  expect.poll(() => page.evaluate<Answer>(callBridge('runs.list', {}, 3000))).toMatchObject({ ok: true, output: [] })

/** The product's own main process, preload and host, in a real Electron on a real X server. */
describe.runIf(electronPath !== undefined)('the desktop window', () => {
  const { folder, screen, start } = openDesk()
  const real = ({ troubles }: Studio) => troubles.filter((text) => !OF_ITS_OWN.test(text))

  test('shows the page three functions and nothing of Node or Electron', async () => {
    const { page, port } = await start()
    const seen = await page.evaluate(
      '[typeof require, typeof process, typeof module, typeof Buffer, typeof global, Object.keys(studioBridge).sort().join()]',
    )
    expect(seen).toEqual([...Array(5).fill('undefined'), 'restartHost,send,subscribe'])
    // Nor does a frame inside the page, which the policy keeps from loading anything.
    const inFrame = await page.evaluate(`new Promise((done) => {
      const frame = document.createElement('iframe')
      addEventListener('message', ({ data }) => done(String(data)))
      frame.src = 'data:text/html,<script>parent.postMessage(typeof studioBridge, "*")</scr' + 'ipt>'
      document.body.append(frame)
      setTimeout(() => done('blocked'), 1500)
    })`)
    expect(inFrame).toBe('blocked')
    const remote = await page.evaluate(`fetch('https://example.com').then(() => 'fetched', () => 'refused')`)
    expect(remote).toBe('refused')
    await page.evaluate(`void window.open('https://example.com')`)
    await page.evaluate(`location.href = 'https://example.com/'`)
    await new Promise((done) => setTimeout(done, 500))
    expect(await page.evaluate('location.href')).toMatch(/^dora-studio:\/\/app\/index\.html/)
    expect(await page.evaluate(`Notification.requestPermission()`)).toBe('denied')
    expect((await targetsAt(port)).filter(({ type }) => type === 'page')).toHaveLength(1)
  })

  test('answers its own page, and no other that got into its window', async () => {
    const { page, tools } = await start()
    expect(await page.evaluate<Answer>(callBridge('runs.list', {}))).toMatchObject({ ok: true, output: [] })
    // The protocol of the developer tools goes around the refusal to navigate: the worst case, a foreign top frame
    // with the preload script in it.
    await tools.send('Page.navigate', { url: `data:text/html,<h1>hostile</h1>` })
    await page.see('hostile')
    expect(await page.evaluate('typeof studioBridge')).toBe('object')
    expect(await page.evaluate<Answer>(callBridge('runs.list', {}, 2000))).toBeNull()
    expect(await page.evaluate<Answer>(callBridge('shell.showFolder', { path: '/' }, 1000))).toBeNull()
    await tools.send('Page.navigate', { url: 'dora-studio://app/index.html' })
    await page.see('No runs yet')
    expect(await page.evaluate<Answer>(callBridge('runs.list', {}))).toMatchObject({ ok: true, output: [] })
  })

  test('refuses what its dialogs and file manager are not for', async () => {
    const { page } = await start()
    const missingFolder = await page.evaluate<Answer>(callBridge('shell.showFolder', { path: join(folder, 'nowhere') }))
    expect(missingFolder).toMatchObject({ ok: false, error: { code: 'not-found' } })
    const file = await page.evaluate<Answer>(callBridge('shell.showFolder', { path: '/bin/sh' }))
    expect(file).toMatchObject({ ok: false, error: { code: 'not-found' } })
    expect(await page.evaluate<Answer>(callBridge('dialog.openFolder', { title: '' }))).toMatchObject({ ok: false })
    expect(await page.evaluate<Answer>(callBridge('no.such', {}))).toMatchObject({ ok: false })
  })

  test('starts a host that was killed again, and the page goes on', async () => {
    const started = await start()
    const first = await hostPid(started)
    process.kill(first, 'SIGKILL')
    await hostPid(started, [first])
    await answers(started)
    await started.page.see('Connected')
  })

  test('says that the host keeps ending, and starts it again on demand', async () => {
    const started = await start()
    const { page } = started
    // Each as soon as it is there: it is the five within a minute that count.
    const killed: number[] = []
    while (killed.length < 5) {
      const pid = await hostPid(started, killed)
      process.kill(pid, 'SIGKILL')
      killed.push(pid)
    }
    await page.see('keeps stopping')
    await page.picture('electron-host-gone')
    await page.click('Try again')
    await page.see('No runs yet')
    await answers(started)
  })

  test('a second start shows the first window and leaves', async () => {
    const dataFolder = join(folder, 'shared')
    const { page, child } = await start({ dataFolder })
    const second = spawnStudio({ display: screen(), dataFolder })
    const [code] = await once(second, 'exit')
    expect(code).toBe(0)
    expect(child.exitCode).toBeNull()
    expect(await page.evaluate('document.visibilityState')).toBe('visible')
  })

  test('closing it with nothing at work ends window and host', async () => {
    const started = await start()
    const host = await hostPid(started)
    const exit = once(started.child, 'exit')
    await started.page.evaluate('setTimeout(() => window.close(), 50)')
    expect(await exit).toEqual([0, null])
    expect(existsSync(`/proc/${host}`)).toBe(false)
  })

  test('trains the demo, draws it live, and exports a merged model, by mouse', async () => {
    const started = await start()
    const { page } = started
    await page.click('Start the demo run')
    const points = `Math.max(0, ...[...document.querySelectorAll('[data-chart="loss"] path.chart-line')].map((path) => (path.getAttribute('d') || '').split(/[LC]/).length))`
    await page.until('A loss curve', `${points} > 5`)
    const before = await page.evaluate<number>(points)
    await page.picture('electron-live')
    await page.until('More of the curve', `${points} > ${before}`)
    const [run] = (await page.evaluate<{ output: { id: string }[] }>(callBridge('runs.list', {}))).output
    const runId = run?.id ?? ''
    await page.evaluate(callBridge('runs.stop', { runId, checkpoint: true }))
    await page.see('Stopped')
    await page.click('Export', 'tab')
    const target = join(folder, 'merged')
    await page.fill('Folder', target)
    await page.click('Export merged model')
    await page.until('The proof', `!!document.querySelector('[data-proof="same"]')`)
    await page.picture('electron-exported')
    expect(existsSync(join(target, 'model.safetensors'))).toBe(true)
    expect(real(started)).toEqual([])
  })
})
