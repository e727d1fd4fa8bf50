import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ensureBuild } from '../../main/setup/build.ts'
import { launchBrowser, openPage } from '../e2e/browser.ts'
import { addressOf } from '../e2e/serve.ts'
import { buildForElectron, builtDesktop, electronPath, startDisplay, startStudio } from '../electron/electron.ts'
import { MACHINE, saveResult } from './report.ts'

/**
 * `npm run bench -- start [--rounds N]`: from the start command to the list of runs, all set-up done, in the browser and in
 * the desktop window (where there is an Electron for tests); beside it the processor time of all processes until then, which
 * a busy machine does not change much.
 */
const root = resolve(import.meta.dirname, '../..')
const at = process.argv.indexOf('--rounds')
const rounds = at < 0 ? 5 : Number(process.argv[at + 1])
const START = [process.execPath, join(root, 'main/setup/run.mjs'), 'start'] as const

type Start = { readonly wallMs: number; readonly cpuMs: number }

const TICK_MS = 10

/** Processor time of a process, of all below it, and of those of them that have ended; Linux only. */
function treeCpuMs(pid: number | string): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // After the name, which may hold anything: fields 14 to 17 of the manual are user, system, and both of ended children.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return own + children.reduce((sum, child) => sum + treeCpuMs(child), 0)
}

const cpuOf = (pid: number | undefined): number =>
  process.platform === 'linux' && pid !== undefined ? treeCpuMs(pid) : Number.NaN

/** The page is opened by a browser that runs already, as a user's does. */
async function startInBrowser(folder: string, browser: Awaited<ReturnType<typeof launchBrowser>>): Promise<Start> {
  const [program, ...args] = START
  const { page } = await openPage(browser)
  const started = performance.now()
  const child = spawn(program, [...args, '--browser', '--port', '0'], {
    // The studio opens a browser itself; on Linux this one does nothing.
    env: { ...process.env, DORA_STUDIO_HOME: folder, BROWSER: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    await page.goto(await addressOf(child))
    await page.getByText('No runs yet').waitFor()
    return { wallMs: performance.now() - started, cpuMs: cpuOf(child.pid) }
  } finally {
    await page.context().close()
    child.kill('SIGTERM')
    await new Promise((done) => child.once('exit', done))
  }
}

/** `npm start` takes this for Electron: the one of the tests, with the page built for its Chromium. */
function writeElectron(folder: string): string {
  const file = join(folder, 'electron')
  writeFileSync(file, `#!/bin/sh\nshift\nexec "${electronPath}" "${builtDesktop}" "$@"\n`, { mode: 0o755 })
  return file
}

async function startInWindow(folder: string, display: string, electron: string): Promise<Start> {
  const { child, usableMs, stop } = await startStudio({
    display,
    dataFolder: folder,
    command: START,
    env: { DORA_ELECTRON: electron },
  })
  const cpuMs = cpuOf(child.pid)
  await stop()
  return { wallMs: usableMs, cpuMs }
}

const place = mkdtempSync(join(tmpdir(), 'dora-bench-start-'))
let count = 0
const fresh = (): string => join(place, `data-${count++}`)

async function measure(what: string, start: () => Promise<Start>): Promise<string> {
  const starts: Start[] = []
  for (let round = 0; round < rounds; round++) starts.push(await start())
  const cell = (of: (one: Start) => number): string => {
    const sorted = starts.map(of).toSorted((a, b) => a - b)
    return `${sorted[0]?.toFixed(0)} | ${sorted[Math.floor(rounds / 2)]?.toFixed(0)}`
  }
  return `| ${what} | ${cell(({ wallMs }) => wallMs)} | ${cell(({ cpuMs }) => cpuMs)} |`
}

const browser = await launchBrowser()
try {
  await ensureBuild(root, () => undefined)
  const rows = [await measure('`npm start -- --browser`', () => startInBrowser(fresh(), browser))]
  if (electronPath) {
    await buildForElectron()
    const display = await startDisplay()
    const electron = writeElectron(place)
    rows.push(await measure('`npm start`, desktop window', () => startInWindow(fresh(), display.name, electron)))
    display.stop()
  }
  const head = '| start command to list of runs | best (ms) | median (ms) | processor time, best (ms) | median (ms) |'
  const text = `${[head, '|---|---|---|---|---|', ...rows].join('\n')}\n\nAll set-up done, new data folder. ${MACHINE}, ${rounds} rounds, load ${loadavg()[0]?.toFixed(1)}.\n`
  saveResult('start', text)
} finally {
  await browser.close()
  rmSync(place, { recursive: true, force: true })
}
