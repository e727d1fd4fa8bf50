import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { ensureBuild } from '../../main/setup/build.ts'
import { WINDOW_TEST_MS } from '../patience.ts'
import { sharedFolder } from '../temporary-folder.ts'
import { closePages, launchBrowser } from './browser.ts'
import { type ServeOptions, startServe } from './serve.ts'
import { started } from './started.ts'

const root = resolve(import.meta.dirname, '../..')

type Server = Awaited<ReturnType<typeof startServe>>

/** The built studio with real engines on a data folder of its own, and a browser, for the tests of one `describe`. */
export function realStudio(optionsIn: (folder: string) => ServeOptions | Promise<ServeOptions> = () => ({})) {
  const folder = sharedFolder()
  vi.setConfig({ testTimeout: WINDOW_TEST_MS })
  let options: ServeOptions = {}
  const data = join(folder, 'data')
  let browser: Browser | undefined
  let server: Server | undefined

  beforeAll(async () => {
    await ensureBuild(root, () => undefined)
    options = await optionsIn(folder)
    server = await startServe(data, 0, options)
    browser = await launchBrowser()
  }, WINDOW_TEST_MS)
  afterEach(() => closePages(browser))
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
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
