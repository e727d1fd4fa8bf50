import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { ensureBuild } from '../../main/setup/build.ts'
import { launchBrowser } from './browser.ts'
import { type ServeOptions, startServe } from './serve.ts'
import { started } from './started.ts'

const root = resolve(import.meta.dirname, '../..')
const READY_MS = 180_000

type Server = Awaited<ReturnType<typeof startServe>>

/** The built studio with real engines on a data folder of its own, and a browser, for the tests of one `describe`. */
export function realStudio(
  name: string,
  optionsIn: (folder: string) => ServeOptions | Promise<ServeOptions> = () => ({}),
) {
  const folder = mkdtempSync(join(tmpdir(), `dora-${name}-`))
  let options: ServeOptions = {}
  const data = join(folder, 'data')
  let browser: Browser | undefined
  let server: Server | undefined

  beforeAll(async () => {
    await ensureBuild(root, () => undefined)
    options = await optionsIn(folder)
    server = await startServe(data, 0, options)
    browser = await launchBrowser()
  }, READY_MS)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    /** For what a test writes; gone with the studio. */
    folder,
    browser: () => started(browser),
    url: () => started(server).url,
    port: () => started(server).port,
    pid: () => started(server).pid,
    /** Ends the host as a crash would. */
    kill: () => started(server).kill(),
    /** Starts a host on the same data folder and port. */
    async restart() {
      server = await startServe(data, started(server).port, options)
    },
  }
}
