import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { WINDOW_TEST_MS } from '../patience.ts'
import { sharedFolder } from '../temporary-folder.ts'
import { buildForElectron, missing, type StartOptions, type Studio, startDisplay, startStudio } from './electron.ts'

if (missing) console.warn(missing)

/** A built window, a screen and a folder for the tests of one file; a studio left open by a test is ended after it. */
export function openDesk() {
  vi.setConfig({ testTimeout: WINDOW_TEST_MS })
  const folder = sharedFolder()
  let display: Awaited<ReturnType<typeof startDisplay>> | undefined
  let open: Studio[] = []
  let count = 0

  beforeAll(async () => {
    await buildForElectron()
    display = await startDisplay()
  }, WINDOW_TEST_MS)
  afterEach(async () => {
    await Promise.all(open.map(({ stop }) => stop()))
    open = []
  })
  afterAll(() => display?.stop())
  const screen = () => display?.name ?? ''
  return {
    folder,
    screen,
    /** Starts a studio, on a data folder of its own where none is named. */
    async start(options: Partial<StartOptions> = {}): Promise<Studio> {
      const dataFolder = options.dataFolder ?? join(folder, `data-${count++}`)
      const studio = await startStudio({ ...options, display: screen(), dataFolder })
      open.push(studio)
      return studio
    },
  }
}
