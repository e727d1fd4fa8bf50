import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kernelSources, kernelsKey } from '../../main/native/kernel-sources.ts'
import { readNativeState } from '../../main/native/state.ts'
import { sharedFolder } from '../temporary-folder.ts'
import { buildForElectron, electronPath, startDisplay, startStudio } from './electron.ts'
import { hasDpkg, installDeb, packStudio, unpackedProgram } from './pack.ts'

const MINUTE = 60_000

/** The packed program as a user starts it, but for the Electron inside and the Node this old one needs for the host. */
describe.runIf(electronPath !== undefined && process.platform === 'linux')('the packed studio', () => {
  const folder = sharedFolder()
  const release = join(folder, 'release')
  let program: string
  let display: Awaited<ReturnType<typeof startDisplay>>

  beforeAll(async () => {
    await buildForElectron()
    await packStudio(release, hasDpkg ? 'deb' : 'dir')
    program = unpackedProgram(release)
    display = await startDisplay()
  }, 5 * MINUTE)
  afterAll(() => display?.stop())

  test.runIf(hasDpkg)('is what the .deb installs, with its menu entry and its icons', async () => {
    const installed = join(folder, 'installed')
    const control = await installDeb(release, installed)
    expect(control).toMatch(/^Package: dora-studio$/m)
    expect(control).toMatch(/^Depends: .*libgtk-3-0/m)
    const entry = readFileSync(join(installed, 'usr/share/applications/dora-studio.desktop'), 'utf8')
    expect(entry).toContain('Name=DoRA Studio\nExec="/opt/DoRA Studio/dora-studio" %U\n')
    expect(entry).toContain('Icon=dora-studio\nStartupWMClass=dora-studio\n')
    for (const size of [16, 48, 256, 512]) {
      const icon = join(installed, `usr/share/icons/hicolor/${size}x${size}/apps/dora-studio.png`)
      expect(readFileSync(icon).readUInt32BE(16)).toBe(size)
    }
    program = join(installed, 'opt/DoRA Studio/dora-studio')
  })

  test("carries the kernels' sources, to compile them at its first start", () => {
    const shipped = join(dirname(program), 'resources/app.asar.unpacked/main/native/kernels')
    expect(kernelsKey(shipped)).toBe(kernelsKey(kernelSources() ?? ''))
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
        await page.see('GFLOP/s')
        const report = await page.evaluate<string>(`document.querySelector('main').innerText`)
        expect(report).toContain('libtensorflow')
        expect(report).toContain('on the tensorflow backend')
        // As in this checkout: both compile them where there is a compiler.
        expect(report.includes('in use, for')).toBe(readNativeState()?.kernels === undefined)
        await page.picture('electron-packed-doctor')
        await page.click('Runs', 'link')
        await page.click('Start the demo run')
        const curve = `!!document.querySelector('[data-chart="loss"] path.chart-line')`
        await page.until('A loss curve', curve)
        await page.picture('electron-packed-live')
      } finally {
        await studio.stop()
      }
    },
    10 * MINUTE,
  )
})
