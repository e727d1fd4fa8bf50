import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { buildForElectron, missing, type StartOptions, type Studio, startDisplay, startStudio } from './electron.ts'

if (missing) console.warn(missing)

/** A built window, a screen and a folder for the tests of one file; a studio left open by a test is ended after it. */
export function openDesk() {
  const folder = mkdtempSync(join(tmpdir(), 'dora-electron-'))
  let display: Awaited<ReturnType<typeof startDisplay>> | undefined
  let open: Studio[] = []
  let count = 0

  beforeAll(async () => {
    await buildForElectron()
    display = await startDisplay()
  }, 180_000)
  afterEach(async () => {
    await Promise.all(open.map(({ stop }) => stop()))
    open = []
  })
  afterAll(() => {
    display?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
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
