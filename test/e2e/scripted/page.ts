import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { ensureBuild } from '../../../main/setup/build.ts'
import { WINDOW_TEST_MS } from '../../patience.ts'
import { closePages, launchBrowser } from '../browser.ts'
import { started } from '../started.ts'
import { type ScriptedHost, startScriptedHost } from './host.ts'

const root = resolve(import.meta.dirname, '../../..')

type Pace = { readonly totalSteps: number; readonly stepMs?: number }

/** The built page before a scripted host, and a browser, for the tests of one `describe`; each test has a host of its own. */
export function scriptedPage({ totalSteps, stepMs = 100 }: Pace, seed: (host: ScriptedHost) => void = () => undefined) {
  vi.setConfig({ testTimeout: WINDOW_TEST_MS })
  let browser: Browser | undefined
  let host: ScriptedHost | undefined

  beforeAll(async () => {
    // Does nothing where the page is built already, and waits where another test file is building it.
    await ensureBuild(root, () => undefined)
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    host = await startScriptedHost({ rendererFolder: join(root, 'dist/renderer'), totalSteps, stepMs, port: 0 })
    seed(host)
  })
  afterEach(async () => {
    await closePages(browser)
    await host?.close()
  })
  return { browser: () => started(browser), host: () => started(host) }
}
