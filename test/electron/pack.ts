import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { runCommand } from '../../main/native/command.ts'
import { electronPath } from './electron.ts'

const root = resolve(import.meta.dirname, '../..')

export const hasDpkg = spawnSync('dpkg-deb', ['--version']).status === 0

/** The product's own settings, but for the Electron inside and the page, which is built for its Chromium. */
function writeConfig(output: string): string {
  const product = parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8')) as { files: unknown[] }
  const files = product.files.map((entry) =>
    entry === 'dist/renderer/**' ? { from: 'dist/electron-9/renderer', to: 'dist/renderer' } : entry,
  )
  const electron = { electronVersion: '9.4.1', electronDist: dirname(electronPath ?? ''), directories: { output } }
  mkdirSync(output, { recursive: true })
  const config = join(output, 'builder.json')
  writeFileSync(config, JSON.stringify({ ...product, ...electron, files }))
  return config
}

/** Runs `npm run package` for a target (`dir`: the folder alone) with what tests have, into `output`. */
export async function packStudio(output: string, target: 'dir' | 'deb'): Promise<void> {
  const script = join(root, 'main/setup/run.mjs')
  const args = [script, 'package', '--linux', target, '--config', writeConfig(output)]
  const env = { ...process.env, CUSTOM_FPM_PATH: join(import.meta.dirname, 'fpm-by-dpkg.mjs') }
  const result = await runCommand(process.execPath, args, { cwd: root, env })
  if (result.code !== 0) throw new Error(`npm run package failed:\n${result.output}`)
}

/** The program in the folder that every target is made from. */
export const unpackedProgram = (output: string): string => join(output, 'linux-unpacked', 'dora-studio')

/** Unpacks the .deb that lies in `output` as the system would, into `target`; gives its control fields. */
export async function installDeb(output: string, target: string): Promise<string> {
  const deb = join(output, readdirSync(output).find((name) => name.endsWith('.deb')) ?? 'no .deb')
  const unpacked = await runCommand('dpkg-deb', ['-x', deb, target])
  if (unpacked.code !== 0) throw new Error(unpacked.output)
  return (await runCommand('dpkg-deb', ['-f', deb])).output
}
