import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { runCommand } from '../../main/native/command.ts'
import { electronPath } from './electron.ts'

const root = resolve(import.meta.dirname, '../..')

/**
 * Packs the studio as `npm run package -- --dir` does, with the Electron that tests have and the page for its Chromium,
 * into `output`; gives the program's path.
 */
export async function packStudio(output: string): Promise<string> {
  const product = parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8')) as { files: unknown[] }
  const files = product.files.map((entry) =>
    entry === 'dist/renderer/**' ? { from: 'dist/electron-9/renderer', to: 'dist/renderer' } : entry,
  )
  const electron = { electronVersion: '9.4.1', electronDist: dirname(electronPath ?? ''), directories: { output } }
  mkdirSync(output, { recursive: true })
  const config = join(output, 'builder.json')
  writeFileSync(config, JSON.stringify({ ...product, ...electron, files }))
  const builder = join(root, 'node_modules/electron-builder/cli.js')
  const result = await runCommand(process.execPath, [builder, 'build', '--dir', '--linux', '--config', config], {
    cwd: root,
  })
  if (result.code !== 0) throw new Error(`electron-builder failed:\n${result.output}`)
  return join(output, 'linux-unpacked', 'dora-studio')
}
