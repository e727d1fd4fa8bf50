import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildForElectron, electronPath, startDisplay, startStudio } from './electron.ts'
import { packStudio } from './pack.ts'

const MINUTE = 60_000

/** The packed program as a user starts it, but for the Electron inside and the Node this old one needs for the host. */
describe.runIf(electronPath !== undefined && process.platform === 'linux')('the packed studio', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dora-packed-'))
  let program: string
  let display: Awaited<ReturnType<typeof startDisplay>>

  beforeAll(async () => {
    await buildForElectron()
    program = await packStudio(join(folder, 'release'))
    display = await startDisplay()
  }, 5 * MINUTE)
  afterAll(() => {
    display?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test(
    'sets itself up at its first start, telling how far it is, and then trains with libtensorflow',
    async () => {
      // The cache is the machine's own: what was fetched once is not fetched again.
      const dataFolder = join(folder, 'data')
      const studio = await startStudio({ display: display.name, dataFolder, command: [program], readyMs: 5 * MINUTE })
      try {
        const { page, usableMs } = studio
        console.info(`the packed studio was usable after ${usableMs.toFixed(0)} ms`)
        await page.click('Doctor', 'link')
        await page.see('GFLOP/s', MINUTE)
        const report = await page.evaluate<string>(`document.querySelector('main').innerText`)
        expect(report).toContain('libtensorflow')
        expect(report).toContain('on the tensorflow backend')
        await page.picture('electron-packed-doctor')
        await page.click('Runs', 'link')
        await page.click('Start the demo run')
        const curve = `!!document.querySelector('[data-chart="loss"] path.chart-line')`
        await page.until('A loss curve', curve, 3 * MINUTE)
        await page.picture('electron-packed-live')
      } finally {
        await studio.stop()
      }
    },
    10 * MINUTE,
  )
})
